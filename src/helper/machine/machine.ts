import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { bootMemory } from "#core/machine/bootMemory.ts";
import { type Accelerator, type MachineArch, nestedObstacle } from "#core/machine/spec.ts";
import { ShareDaemons } from "../share/daemons.ts";
import { namespaceSupport } from "../share/namespace.ts";
import { planShares, type ServedShares, type SharesNeeds, serveShares } from "../share/shares.ts";
import type { ShareRequest, ShareState } from "../share/types.ts";
import { attachments, type DiskRequest } from "./attach.ts";
import { machineEnded, machineTimeout, nestedUnsupported } from "./errors.ts";
import type { MemoryHome } from "./memory/home.ts";
import type { Child, ProcessEnd } from "./process.ts";
import { findQemu, type Qemu } from "./qemu.ts";
import { endQemu, hostOs, startQemu } from "./qemuProcess.ts";
import { openQmp, type Qmp } from "./qmp.ts";
import { residentBytes } from "./resident.ts";
import { files, machineLog, prepareRunDir, removeLeftovers } from "./runDir.ts";
import { loadState } from "./state/load.ts";
import { saveMachine } from "./state/save.ts";
import type { SavedMachine } from "./state/saved.ts";
import { connectInDirectory, connectWhenListening } from "./unixSocket.ts";

export type MachineRequest = {
  /** Shown in the host's process list; `airlock` when left out. */
  name?: string;
  arch: MachineArch;
  accelerator: Accelerator;
  cpus: number;
  memoryBytes: number;
  kernelPath: string;
  initramfsPath: string;
  /** Whether the guest may run virtual machines itself. */
  nested: boolean;
  /** Sockets and logs live here; made when missing. One machine per directory. */
  runDir: string;
  verboseKernel: boolean;
  shares: ShareRequest[];
};

export type MachineEnd = ProcessEnd & {
  /** The console's and QEMU's last lines. */
  log: string;
};

export type Machine = {
  pid: number;
  /** The shares of the request, in its order, as they will be attached. */
  shares: readonly ShareState[];
  attachDisk(disk: DiskRequest): Promise<void>;
  attachShare(tag: string): Promise<void>;
  /** Takes a share away that the guest has unmounted; it can be attached again. */
  detachShare(tag: string): Promise<void>;
  /** A new connection to the agent's port. The port serves one at a time. */
  openControl(): Promise<Duplex>;
  /** The console's and QEMU's last lines up to now. */
  log(): Promise<string>;
  /** Settles when QEMU and everything that served it are gone; never rejects. */
  exited: Promise<MachineEnd>;
  rssBytes(): Promise<number>;
  /**
   * Halts the guest and writes it into an existing directory, for a later start to resume. Nobody may be
   * connected to the agent, and no share attached. The guest stays halted, whether this fails or not.
   * Of a guest in which only the agent has run, the memory is left out that its kernel freed after the boot.
   */
  save(directory: string, options?: { isUnused: boolean }): Promise<void>;
  /** Lets a halted guest run: one that was saved, or that was started from a saved one. */
  resume(): Promise<void>;
  /**
   * Ends QEMU and what served it; settles when they are gone. A guest that has nothing left to lose can be ended at
   * once: QEMU's own farewell takes as long again.
   */
  kill(options?: { atOnce: boolean }): Promise<void>;
};

export type StartOptions = {
  signal?: AbortSignal | undefined;
  /** Spares the search when the caller has done it. */
  qemu?: Qemu | undefined;
  /** Time for QEMU to answer its monitor. */
  deadlineMs?: number;
  /** Whether the machine may be saved later. */
  keepable?: boolean;
  /** Told of QEMU's process as soon as it runs: it may take long until the machine answers. */
  onProcess?: ((pid: number) => Promise<void>) | undefined;
  /** A saved machine to go on with instead of booting; it is halted until `resume`. */
  restore?: Restoration | undefined;
};

export type Restoration = {
  saved: SavedMachine;
  /** The disks that the saved machine had, in the order in which they were attached to it. */
  disks: readonly DiskRequest[];
};

/**
 * Starts the base machine: kernel and agent, no disks and no shares. Those are attached while it
 * boots or runs. What fails here leaves nothing running.
 */
export async function startMachine(
  request: MachineRequest,
  options: StartOptions = {},
): Promise<Machine> {
  const obstacle = nestedObstacle({ ...request, hostOs: hostOs() });
  if (obstacle !== undefined) throw nestedUnsupported(obstacle);
  const signal = options.signal ?? new AbortController().signal;
  const [qemu, support] = await Promise.all([
    options.qemu ?? findQemu(request.arch),
    namespaceSupport(),
    prepareRunDir(request.runDir),
    request.nested ? requireNestedKvm() : undefined,
  ]);
  const plan = await planShares(request.shares, request.runDir);
  const begin = (needs: SharesNeeds) => startQemu(request, { needs, qemu, support, options });
  // Neither waits for the other, which takes the time of both where there is a second CPU.
  const [begun, serving] = await Promise.allSettled([
    begin(plan.needs),
    serveShares(plan, request.runDir, signal),
  ]);
  if (serving.status === "rejected") {
    if (begun.status === "fulfilled") await endQemu(begun.value);
    throw serving.reason;
  }
  const served = serving.value;
  try {
    if (begun.status === "rejected") throw begun.reason;
    let started = begun.value;
    if (served.needs !== plan.needs) {
      await endQemu(started);
      started = await begin(served.needs);
    }
    return await superviseMachine(started.child, { request, served, ...started, signal, options });
  } catch (error) {
    await stopAll(served.daemons);
    throw error;
  }
}

/** KVM offers vmx and svm to guests only where the module was told to. arm64 leaves it to QEMU. */
async function requireNestedKvm(): Promise<void> {
  const parameters = ["kvm_intel", "kvm_amd"].map((module) =>
    readFile(`/sys/module/${module}/parameters/nested`, "utf8").catch(() => ""),
  );
  const values = (await Promise.all(parameters)).map((text) => text.trim());
  if (values.some((value) => value === "Y" || value === "1")) return;
  if (values.every((value) => value === "")) return;
  throw nestedUnsupported("The host's KVM module does not allow nested virtualisation.");
}

type Supervision = {
  request: MachineRequest;
  served: ServedShares;
  memory: MemoryHome;
  signal: AbortSignal;
  options: StartOptions;
};

async function superviseMachine(child: Child, supervision: Supervision): Promise<Machine> {
  const { request, served, signal, options } = supervision;
  const { runDir } = request;
  const { restore } = options;
  const log = () => machineLog(runDir, served);
  const daemons = new ShareDaemons(served, () => void child.stop());
  const exited = watchEnd(child, daemons, supervision);
  try {
    await options.onProcess?.(child.pid);
    const qmp = await connectMonitor(child, runDir, {
      signal,
      deadlineMs: options.deadlineMs,
      log,
    });
    const { ended } = child;
    const memory = supervision.memory.opened(child, signal);
    if (restore === undefined) await memory;
    else await loadState(qmp, restore.saved.state, { runDir, signal, ended, memory });
    const attach = attachments({ qmp, served, daemons, firstSlot: restore?.disks.length ?? 0 });
    const memoryPath = supervision.memory.pathOf(child.pid);
    return {
      pid: child.pid,
      shares: served.shares.map(({ index: _, socket: __, ...state }) => state),
      ...attach,
      openControl: () => connectInDirectory(runDir, files.control),
      log,
      exited,
      rssBytes: () => residentBytes(child.pid),
      save: (directory, { isUnused } = { isUnused: false }) => {
        const freed = isUnused ? bootMemory(request) : [];
        return saveMachine({ qmp, runDir, memoryPath, freed }, directory);
      },
      resume: async () => void (await qmp.execute({ execute: "cont", arguments: {} })),
      kill: async ({ atOnce } = { atOnce: false }) => {
        // Its daemons need not hear of that from QEMU.
        if (atOnce) void daemons.endAll();
        await child.stop(atOnce ? 0 : undefined);
        await exited;
      },
    };
  } catch (error) {
    await child.stop(0);
    await exited;
    throw error;
  }
}

/** A guest whose share has lost its daemon hangs for ever, so the machine ends with the daemon. */
async function watchEnd(
  child: Child,
  daemons: ShareDaemons,
  { served, memory, request: { runDir } }: Supervision,
): Promise<MachineEnd> {
  const end = await child.ended;
  await Promise.all([daemons.endAll(), memory.release()]);
  const log = await machineLog(runDir, served);
  await removeLeftovers(runDir, served);
  return { ...end, log };
}

async function connectMonitor(
  child: Child,
  runDir: string,
  options: {
    signal: AbortSignal;
    deadlineMs: number | undefined;
    log: () => Promise<string>;
  },
): Promise<Qmp> {
  const ended = new AbortController();
  void child.ended.then(() => ended.abort());
  const deadline = AbortSignal.timeout(options.deadlineMs ?? 20_000);
  const stop = AbortSignal.any([options.signal, ended.signal, deadline]);
  try {
    const socket = await connectWhenListening(runDir, files.qmp, stop);
    return await openQmp(socket, { signal: stop, timeoutMs: options.deadlineMs ?? 20_000 });
  } catch (error) {
    options.signal.throwIfAborted();
    // A connection breaks a moment before the process that held it is reaped.
    await Promise.race([child.ended, delay(200)]);
    if (ended.signal.aborted) throw machineEnded("QEMU ended at once.", await options.log());
    if (deadline.aborted) {
      throw machineTimeout("QEMU did not open its monitor in time.", await options.log());
    }
    throw error;
  }
}

async function stopAll(daemons: readonly Child[]): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.stop(500)));
}
