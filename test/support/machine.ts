// A sandbox machine for tests: real QEMU, real kernel and agent, the embedded image, a project.
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { prepareImage } from "#helper/image/prepare.ts";
import type { StoredImage } from "#helper/image/store.ts";
import { type AgentLink, connectAgent } from "#helper/link/agent.ts";
import { type Machine, type MachineRequest, startMachine } from "#helper/machine/machine.ts";
import { type ExecRequestSchema, ShareType } from "#shared/generated/airlock/agent/v1/agent_pb.js";

export type TestMachine = {
  machine: Machine;
  link: AgentLink;
  /** The project's directory, on the host and in the guest. */
  project: string;
  /** Runs one command in the guest to its end. */
  run(...argv: string[]): Promise<RunResult>;
};

export type RunResult = { code: number; stdout: string; stderr: string };

const dist = join(import.meta.dirname, "..", "..", "dist");
export const bootDeadlineMs = 90_000;

/** A request for a small machine with the project as its only share. */
export function machineRequest(project: string): MachineRequest {
  const kernel = process.arch === "arm64" ? "Image" : "vmlinux";
  const vm = join(dist, "vm", process.arch);
  return {
    arch: process.arch === "arm64" ? "arm64" : "x64",
    accelerator: "tcg",
    cpus: 2,
    memoryBytes: 512 * 2 ** 20,
    kernelPath: join(vm, kernel),
    initramfsPath: join(vm, "initramfs"),
    nested: false,
    runDir: join(project, ".airlock", "sandbox"),
    verboseKernel: false,
    shares: [{ tag: "project", source: project, readOnly: false, covers: [".airlock"] }],
  };
}

/** A project directory with a file to see and a secret to hide. */
export function projectDirectory(t: TestContext, name = "project"): string {
  const root = mkdtempSync(join(tmpdir(), "m-"));
  const project = join(root, name);
  t.after(async () => {
    await endMachines(project);
    rmSync(root, { recursive: true, force: true });
  });
  mkdirSync(join(project, ".airlock", "sandbox"), { recursive: true });
  writeFileSync(join(project, ".airlock", "key"), "secret\n");
  writeFileSync(join(project, "file"), "from the host\n");
  return project;
}

/** Machines by project: they have to end before their directory goes. */
const machines = new Map<string, Machine[]>();

/** Starts a machine that ends with the test. */
export async function startTestMachine(
  project: string,
  change: Partial<MachineRequest> = {},
): Promise<Machine> {
  const machine = await startMachine({ ...machineRequest(project), ...change });
  endWithTest(project, machine);
  return machine;
}

/** Remembers a machine that something else has started for the test. */
export function endWithTest(project: string, machine: Machine): void {
  machines.set(project, [...(machines.get(project) ?? []), machine]);
}

/** Ends all machines of a project. */
export async function endMachines(project: string): Promise<void> {
  await Promise.all((machines.get(project) ?? []).map((machine) => machine.kill()));
}

/** Boots, attaches and configures. Everything is gone when the test ends. */
export async function bootTestMachine(
  t: TestContext,
  project = projectDirectory(t),
  change: Partial<MachineRequest> = {},
): Promise<TestMachine> {
  return await bootMachine(project, change);
}

/** The same outside a test; the caller ends it with `endMachines`. */
export async function bootMachine(
  project: string,
  change: Partial<MachineRequest> = {},
): Promise<TestMachine> {
  await baseImage();
  const machine = await startTestMachine(project, change);
  const link = await connectAgent(machine, { deadlineMs: bootDeadlineMs });
  await Promise.all([attachAll(machine, project), configure(link, { machine, project })]);
  return { machine, link, project, run: (...argv) => run(link, argv) };
}

/** Adds image, disk and project to a machine. */
export async function attachAll(machine: Machine, project: string): Promise<void> {
  const image = await baseImage();
  const disk = join(project, ".airlock", "sandbox", "disk.img");
  writeFileSync(disk, "");
  truncateSync(disk, 256 * 2 ** 20);
  await Promise.all([
    machine.attachDisk({ serial: "rootfs", path: image.path, readOnly: true }),
    machine.attachDisk({ serial: "disk", path: disk, readOnly: false }),
    machine.attachShare("project"),
  ]);
}

/** Unpacked once per process, in a home of the tests' own. */
export function baseImage(): Promise<StoredImage> {
  preparedImage ??= prepareBaseImage();
  return preparedImage;
}

let preparedImage: Promise<StoredImage> | undefined;

async function prepareBaseImage(): Promise<StoredImage> {
  process.env.AIRLOCK_ASSETS = dist;
  const home = mkdtempSync(join(tmpdir(), "h-"));
  process.env.HOME = home;
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  const request = { name: "embedded:base", resolution: "auto", insecure: false } as const;
  return await prepareImage({ ...request, projectDir: home }, {});
}

/** Lets the agent assemble the sandbox. */
export async function configure(
  link: AgentLink,
  parts: { machine: Machine; project: string },
): Promise<void> {
  const image = await baseImage();
  await link.agent.configure({
    hostname: "airlock",
    entropy: randomBytes(64),
    rootfs: { serial: "rootfs", imageDigest: image.digest },
    disk: { serial: "disk" },
    shares: parts.machine.shares.map(({ tag, type, coversEnforced }) => ({
      tag,
      type: type === "virtiofs" ? ShareType.SHARE_TYPE_VIRTIOFS : ShareType.SHARE_TYPE_9P,
      target: parts.project,
      softMasks: coversEnforced ? [] : [".airlock"],
    })),
    workingDir: parts.project,
  });
}

export async function run({ agent }: AgentLink, argv: string[]): Promise<RunResult> {
  const result: RunResult = { code: -1, stdout: "", stderr: "" };
  const decoder = new TextDecoder();
  for await (const { response } of agent.exec(oneStart(argv))) {
    if (response.case === "stdout") result.stdout += decoder.decode(response.value);
    if (response.case === "stderr") result.stderr += decoder.decode(response.value);
    if (response.case === "exited") result.code = response.value.code;
  }
  return result;
}

async function* oneStart(
  argv: string[],
): AsyncGenerator<MessageInitShape<typeof ExecRequestSchema>> {
  yield { request: { case: "start", value: { argv } } };
  yield { request: { case: "stdinEnd", value: {} } };
}
