// A QEMU that nothing of the product looks after, with the agent's kernel and initramfs: what the yardsticks
// are made of.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineArgv } from "#core/machine/argv.ts";
import { diskCommands, type QmpCommand, virtiofsCommands } from "#core/machine/hotAdd.ts";
import { slotCount } from "#core/machine/slot.ts";
import type { Accelerator, MachineArch, MemoryBacking } from "#core/machine/spec.ts";
import { type AgentLink, connectAgent } from "#helper/link/agent.ts";
import { openQmp, type Qmp } from "#helper/machine/qmp.ts";
import { connectWhenListening } from "#helper/machine/unixSocket.ts";
import { waitForSocket } from "#helper/share/socketFile.ts";
import { findVirtiofsd } from "#helper/share/virtiofsd.ts";
import { cpuSecondsWith } from "./cpuMeter.ts";

const root = join(import.meta.dirname, "..", "..");
const arch = process.arch as MachineArch;
const vmDir = join(root, "dist", "vm", arch);

/** The kernel under test. */
export const kernelPath = join(vmDir, arch === "x64" ? "vmlinux" : "Image");

export type BareOptions = {
  accelerator: Accelerator;
  memoryBytes: number;
  memory: MemoryBacking;
  /** Whether it waits for the state of a saved machine. */
  resumes?: boolean;
  /** Directory that a virtiofsd in its default mode serves, started at once. */
  share?: string;
  /** What QEMU has to wait for, such as its memory. */
  ready?: Promise<unknown>;
};

export type BareQemu = {
  /** Where its sockets are. */
  dir: string;
  qmp: Qmp;
  /** CPU time so far of QEMU, of what serves it and of this process, in seconds. */
  cpuSeconds(): number;
  /** Waits until the agent has answered Hello. */
  connect(): Promise<AgentLink>;
  /** Sends all commands at once. */
  add(commands: readonly QmpCommand[]): Promise<void>;
  /** Adds the share when its virtiofsd listens; the tag is `share`. */
  addShare(slot: number): Promise<void>;
  end(): Promise<void>;
};

export async function bareQemu(options: BareOptions): Promise<BareQemu> {
  const dir = mkdtempSync(join(tmpdir(), "ab-"));
  const program = arch === "x64" ? "qemu-system-x86_64" : "qemu-system-aarch64";
  const children: ChildProcess[] = [];
  const start = (command: string, args: readonly string[]) => {
    const child = spawn(command, args, { cwd: dir, stdio: "ignore" });
    children.push(child);
    return child;
  };
  const stop = AbortSignal.timeout(60_000);
  const serve = async (directory: string) => {
    const daemon = await findVirtiofsd();
    if (daemon === undefined) throw new Error("there is no virtiofsd");
    const shared =
      daemon.flavour === "c" ? ["-o", `source=${directory}`] : ["--shared-dir", directory];
    const child = start(daemon.path, ["--socket-path=fs.sock", ...shared]);
    await waitForSocket(join(dir, "fs.sock"), once(child, "exit"), stop);
  };
  const served = options.share === undefined ? undefined : serve(options.share);
  served?.catch(() => "told to whoever adds the share");
  await options.ready;
  const qemu = start(program, argvOf(options));
  const qmp = await openQmp(await connectWhenListening(dir, "qmp.sock", stop));
  const exited = once(qemu, "exit").then(() => ({ log: "" }));
  const openControl = () => connectWhenListening(dir, "control.sock", stop);
  const add = async (commands: readonly QmpCommand[]) => {
    await Promise.all(commands.map((command) => qmp.execute(command)));
  };
  return {
    dir,
    qmp,
    cpuSeconds: () => cpuSecondsWith(children.flatMap(({ pid }) => pid ?? [])),
    add,
    connect: () =>
      connectAgent({ openControl, exited, log: async () => "" }, { deadlineMs: 120_000 }),
    addShare: async (slot) => {
      await served;
      await add(virtiofsCommands({ index: 0, tag: "share", slot, socket: "fs.sock" }));
    },
    end: async () => {
      await Promise.all(children.map(kill));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

function argvOf({ accelerator, memoryBytes, memory, resumes = false }: BareOptions): string[] {
  return machineArgv({
    name: "bare",
    arch,
    hostOs: process.platform === "darwin" ? "darwin" : "linux",
    accelerator,
    cpus: 1,
    memoryBytes,
    memory,
    nested: false,
    kernelPath,
    initramfsPath: join(vmDir, "initramfs"),
    verboseKernel: false,
    qmpSocket: "qmp.sock",
    controlSocket: "control.sock",
    hotplugSlots: slotCount,
    fsdevs: [],
    disks: [],
    resumes,
  });
}

/** Image and disk, each on a slot of its own. */
export function sandboxDisks(imagePath: string, diskPath: string): QmpCommand[] {
  return [
    ...diskCommands({ serial: "rootfs", path: imagePath, readOnly: true, slot: 0 }),
    ...diskCommands({ serial: "disk", path: diskPath, readOnly: false, slot: 1 }),
  ];
}
