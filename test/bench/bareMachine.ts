// The yardsticks: the same kernel, initramfs and agent in a QEMU that nothing of the product looks after.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineArgv } from "#core/machine/argv.ts";
import type { Accelerator, MachineArch } from "#core/machine/spec.ts";
import { prepareImage } from "#helper/image/prepare.ts";
import { type AgentLink, connectAgent } from "#helper/link/agent.ts";
import { startMachine } from "#helper/machine/machine.ts";
import { connectWhenListening } from "#helper/machine/unixSocket.ts";
import { prepareDisk } from "#helper/sandbox/disk.ts";
import { memoryBytes } from "./project.ts";

const root = join(import.meta.dirname, "..", "..");
const arch = process.arch as MachineArch;
const vmDir = join(root, "dist", "vm", arch);

/** The kernel under test. */
export const kernelPath = join(vmDir, arch === "x64" ? "vmlinux" : "Image");

const machine = {
  arch,
  cpus: 1,
  memoryBytes,
  nested: false,
  kernelPath,
  initramfsPath: join(vmDir, "initramfs"),
  verboseKernel: false,
};

/** A QEMU process whose agent has answered Hello. */
export type BareMachine = { link: AgentLink; end(): Promise<void> };

/** Boots a QEMU with no more than the agent's port, and waits for Hello. */
export async function bootBare(
  accelerator: Accelerator,
  env: Record<string, string> = {},
): Promise<BareMachine> {
  const dir = mkdtempSync(join(tmpdir(), "ab-"));
  const argv = machineArgv({
    ...machine,
    name: "bare",
    hostOs: process.platform === "darwin" ? "darwin" : "linux",
    accelerator,
    memory: "plain",
    qmpSocket: "qmp.sock",
    controlSocket: "control.sock",
    hotplugSlots: 0,
    fsdevs: [],
    disks: [],
    resumes: false,
  });
  const program = arch === "x64" ? "qemu-system-x86_64" : "qemu-system-aarch64";
  const qemu = spawn(program, argv, { cwd: dir, stdio: "ignore", env: { ...process.env, ...env } });
  const link = await connectAgent(
    {
      openControl: () => connectWhenListening(dir, "control.sock", AbortSignal.timeout(20_000)),
      exited: once(qemu, "exit").then(() => ({ log: "" })),
      log: async () => "",
    },
    { deadlineMs: 120_000 },
  );
  return { link, end: () => endQemu(qemu, link, dir) };
}

async function endQemu(qemu: ChildProcess, link: AgentLink, dir: string): Promise<void> {
  link.close();
  const gone = once(qemu, "exit");
  qemu.kill("SIGKILL");
  await gone;
  rmSync(dir, { recursive: true, force: true });
}

/** A configured machine without supervisor and command line: its agent can run processes. */
export async function bootRaw(accelerator: Accelerator): Promise<BareMachine> {
  const dir = mkdtempSync(join(tmpdir(), "ab-"));
  const image = await prepareImage(
    { name: "embedded:base", resolution: "auto", insecure: false, projectDir: dir },
    {},
  );
  const disk = join(dir, "disk.img");
  await prepareDisk(disk, 2 ** 30);
  const running = await startMachine({
    ...machine,
    accelerator,
    runDir: join(dir, "run"),
    shares: [],
  });
  const link = await connectAgent(running, { deadlineMs: 120_000 });
  await running.attachDisk({ serial: "rootfs", path: image.path, readOnly: true });
  await running.attachDisk({ serial: "disk", path: disk, readOnly: false });
  const steps = link.agent.configure({
    hostname: "raw",
    rootfs: { serial: "rootfs", imageDigest: image.digest },
    disk: { serial: "disk" },
    harden: true,
  });
  for await (const _ of steps);
  return {
    link,
    end: async () => {
      link.close();
      await running.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
