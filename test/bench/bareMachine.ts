// The yardsticks: a bare QEMU that boots, one that resumes, and one whose agent runs processes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { prepareImage } from "#helper/image/prepare.ts";
import type { AgentLink } from "#helper/link/agent.ts";
import { loadState } from "#helper/machine/state/load.ts";
import { prepareDisk } from "#helper/sandbox/disk.ts";
import { ShareType } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import { type BareOptions, type BareQemu, bareQemu, sandboxDisks } from "./bareQemu.ts";

/** A machine whose agent has answered Hello. */
export type BareMachine = { link: AgentLink; qemu: BareQemu; end(): Promise<void> };

export type Content = { imagePath: string; imageDigest: string; diskPath: string; share: string };

/** Boots a QEMU, and waits for Hello. */
export async function bootBare(
  options: Pick<BareOptions, "accelerator" | "memoryBytes">,
): Promise<BareMachine> {
  const qemu = await bareQemu({ ...options, memory: "plain" });
  return await connected(qemu);
}

async function connected(qemu: BareQemu): Promise<BareMachine> {
  const link = await qemu.connect();
  const end = async () => {
    link.close();
    await qemu.end();
  };
  return { link, qemu, end };
}

/** Resumes the product's own snapshot of a base machine, hot-adds disks and share, and waits for Hello. */
export async function resumeBare(
  options: Pick<BareOptions, "accelerator" | "memoryBytes">,
  { snapshot, content }: { snapshot: string; content: Content },
): Promise<BareMachine> {
  const place = mkdtempSync("/dev/shm/ab-");
  const memory = join(place, "ram");
  // All that can be done at once is: the yardstick is what the steps cost, not how they were put in a row.
  const ready = once(spawn("cp", ["--sparse=always", join(snapshot, "memory"), memory]), "exit");
  const backing = { memory: { path: memory }, resumes: true };
  const qemu = await bareQemu({ ...options, ...backing, share: content.share, ready });
  const state = readFileSync(join(snapshot, "state"));
  const signal = AbortSignal.timeout(60_000);
  await loadState(qemu.qmp, state, { runDir: qemu.dir, signal });
  await qemu.add(sandboxDisks(content.imagePath, content.diskPath));
  await qemu.addShare(2);
  await qemu.add([{ execute: "cont", arguments: {} }]);
  const machine = await connected(qemu);
  const end = async () => {
    await machine.end();
    rmSync(place, { recursive: true, force: true });
  };
  return { ...machine, end };
}

/** The snapshot that the product made of a machine of this size; undefined when it has made none. */
export function snapshotOf(home: string, memoryBytes: number): string | undefined {
  const directory = join(home, ".cache", "airlock", "warm");
  const names = readdirSync(directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const isOfSize = (path: string) => statSync(join(path, "memory")).size === memoryBytes;
  return names.map((name) => join(directory, name)).find(isOfSize);
}

/** What a machine is given: the embedded image, a new disk and a directory. */
export async function content(directory: string, share: string): Promise<Content> {
  const image = await prepareImage(
    { name: "embedded:base", resolution: "auto", insecure: false, projectDir: directory },
    {},
  );
  const diskPath = join(directory, "bare-disk.img");
  rmSync(diskPath, { force: true });
  await prepareDisk(diskPath, 2 ** 30);
  return { imagePath: image.path, imageDigest: image.digest, diskPath, share };
}

/** A configured machine without supervisor and command line; its share is mounted on `/share`. */
export async function bootRaw(
  options: Pick<BareOptions, "accelerator" | "memoryBytes">,
  { imagePath, imageDigest, diskPath, share }: Content,
): Promise<BareMachine> {
  const qemu = await bareQemu({ ...options, memory: "unnamed", share });
  await qemu.add(sandboxDisks(imagePath, diskPath));
  await qemu.addShare(2);
  const machine = await connected(qemu);
  await machine.link.agent.configure({
    hostname: "raw",
    rootfs: { serial: "rootfs", imageDigest },
    disk: { serial: "disk" },
    shares: [{ tag: "share", type: ShareType.SHARE_TYPE_VIRTIOFS, target: "/share" }],
    workingDir: "/share",
  });
  return machine;
}
