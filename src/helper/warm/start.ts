import { mkdir, rm } from "node:fs/promises";
import { wholeMegabytes } from "#core/machine/spec.ts";
import type { Logger } from "#shared/log.ts";
import type { AgentLink } from "../link/agent.ts";
import { MachineError, type MachineErrorCode } from "../machine/errors.ts";
import { type Machine, type MachineRequest, startMachine } from "../machine/machine.ts";
import { findQemu, type Qemu } from "../machine/qemu.ts";
import { BadSaved, type SavedMachine } from "../machine/state/saved.ts";
import { countFailure, forgetFailures, isHopeless } from "./failures.ts";
import { snapshotKey } from "./key.ts";
import { warmDir } from "./paths.ts";
import { pruneSnapshots, warmNames } from "./prune.ts";
import {
  beginSnapshot,
  commitSnapshot,
  openSnapshot,
  removeSnapshot,
  touchSnapshot,
} from "./store.ts";

export type WarmOptions = {
  enabled: boolean;
  /** Space on the disk for all snapshots together. */
  maxBytes: number;
};

export type BaseContext = {
  request: MachineRequest;
  warm: WarmOptions;
  log: Logger;
  signal: AbortSignal;
  /** Told of each machine's process as soon as it runs, so that a next start can end it. */
  onProcess?: (pid: number) => Promise<void>;
  /** Told of each machine at once, so that whoever ends the sandbox can end it. */
  onMachine(machine: Machine): void;
  /** Adds disks and shares. */
  attach(machine: Machine): Promise<void>;
  /** Runs one phase of the start, for the user to see. */
  phase<Result>(name: string, text: string, work: () => Promise<Result>): Promise<Result>;
  bootText: string;
  /** Time for a resumed agent to answer, before the machine is booted instead. */
  resumeDeadlineMs?: number;
};

/** A machine whose agent answers. */
export type BaseMachine = {
  machine: Machine;
  link: AgentLink;
  startKind: "warm" | "cold";
  /** Settles when disks and shares were added. */
  attached: Promise<void>;
  /** What goes on beside the sandbox, such as writing a snapshot to the disk; never rejects. */
  aside: Promise<void>;
};

const bootDeadlineMs = 120_000;
const resumeDeadlineMs = 20_000;
const quiesceDeadlineMs = 5_000;
/** A resumption that fails of something else than time fails within this. */
const soonMs = 5_000;

/**
 * Starts a machine and adds to it what the sandbox needs: from the snapshot of such a machine when there
 * is one, else from the kernel on, and then a snapshot is made for the next time.
 */
export async function startBase(given: BaseContext): Promise<BaseMachine> {
  const context = { ...given, onProcess: (pid: number) => begun(given, pid) };
  const qemu = await findQemu(context.request.arch);
  const key = await usableKey(context, qemu);
  const resumed = key === undefined ? undefined : await resumeTwice(context, { key, qemu });
  if (resumed !== undefined && resumed !== "kept") return resumed;
  return await bootBase(context, { key: resumed === "kept" ? undefined : key, qemu });
}

/** Undefined, with a word in the log, where nothing can be resumed or kept. */
async function usableKey({ request, warm, log }: BaseContext, qemu: Qemu) {
  if (!warm.enabled) return because(log, "warm start is switched off");
  if (process.platform !== "linux") return because(log, "only Linux keeps snapshots");
  return await snapshotKey(request, qemu);
}

function because(log: Logger, reason: string): undefined {
  log.info(`cold boot: ${reason}`);
}

type Known<Key> = { key: Key; qemu: Qemu };

/** A snapshot that was not at fault is worth another try, where the first did not take long: a boot does. */
async function resumeTwice(context: BaseContext, known: Known<string>) {
  const begunAt = performance.now();
  const resumed = await resumeBase(context, known);
  if (resumed !== "kept") return resumed;
  const isSoon = performance.now() - begunAt < soonMs;
  const again = isSoon ? await resumeBase(context, known) : resumed;
  if (again === "kept") because(context.log, "its snapshot could not be resumed");
  return again;
}

/**
 * Undefined when there is no snapshot, or none that works; such a one is removed. `kept` when there is one
 * and it was something else that failed.
 */
async function resumeBase(
  context: BaseContext,
  { key, qemu }: Known<string>,
): Promise<BaseMachine | "kept" | undefined> {
  const { request, log, signal, onProcess } = context;
  let saved: SavedMachine | undefined;
  let machine: Machine | undefined;
  try {
    // Where the cache is read-only, a snapshot that does not work cannot be removed.
    if (await isHopeless(key))
      return because(log, "resuming this machine has failed several times");
    saved = await openSnapshot(key, wholeMegabytes(request.memoryBytes));
    if (saved === undefined) return because(log, "there is no snapshot of this machine");
    const restore = { saved, disks: [] };
    machine = await context.phase("machine", "Starting the virtual machine", () =>
      startMachine(request, { signal, qemu, restore, onProcess }),
    );
    return await wake(context, { machine, key });
  } catch (error) {
    await machine?.kill();
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    if (!(await isSnapshotsFault(error, machine))) {
      log.warn(`the machine was not resumed: ${reason}`);
      return "kept";
    }
    log.warn(`the snapshot ${key.slice(0, 12)} is removed: ${reason}`);
    await removeSnapshot(key);
    if (!(error instanceof BadSaved)) await countFailure(key);
    return because(log, "its snapshot could not be resumed");
  } finally {
    await saved?.memory.close();
  }
}

/** What a saved machine fails with when it is no good, wherever and whenever it is resumed. */
const blamed: readonly MachineErrorCode[] = [
  "state-refused",
  "state-not-passed",
  "agent-unreachable",
];

/** A share, a socket or a descriptor that is missing would fail a boot, too. */
async function isSnapshotsFault(error: unknown, machine: Machine | undefined): Promise<boolean> {
  if (error instanceof BadSaved) return true;
  if (!(error instanceof MachineError)) return false;
  if (blamed.includes(error.code)) return true;
  // A guest that panics ends QEMU; whoever kills it says nothing of the snapshot.
  return error.code === "machine-ended" && (await machine?.exited)?.signal === null;
}

async function wake(
  context: BaseContext,
  { machine, key }: { machine: Machine; key: string },
): Promise<BaseMachine> {
  context.onMachine(machine);
  // Everything is sent before the guest runs: it finds its devices when it wakes up.
  const attached = context.attach(machine);
  const awake = machine.resume();
  const deadlineMs = context.resumeDeadlineMs ?? resumeDeadlineMs;
  const client = isSlow(context) ? awake.then(rehearsedClient) : agentClient();
  const connected = client.then(({ connectAgent }) =>
    connectAgent(machine, { signal: context.signal, deadlineMs }),
  );
  const [link] = await context.phase("resume", "Resuming", () =>
    Promise.all([connected, awake, attached]),
  );
  const aside = Promise.all([touchSnapshot(key), forgetFailures(key)]).then(() => undefined);
  return { machine, link, startKind: "warm", attached, aside };
}

async function begun(context: BaseContext, pid: number): Promise<void> {
  await context.onProcess?.(pid);
  if (!isSlow(context)) void agentClient();
}

/**
 * Talking to the agent takes a lot of code. It is loaded while QEMU gets ready, or, where that would take a CPU from
 * QEMU and the copy of the memory, while an emulated guest wakes up.
 */
function agentClient() {
  return import("../link/agent.ts");
}

async function rehearsedClient() {
  const client = await agentClient();
  client.rehearse().catch(() => "the first real call tells");
  return client;
}

function isSlow({ request }: BaseContext): boolean {
  return request.accelerator === "tcg";
}

async function bootBase(
  context: BaseContext,
  { key, qemu }: Known<string | undefined>,
): Promise<BaseMachine> {
  const draft = key === undefined ? undefined : await draftFor(key, context.log);
  let isDone = false;
  try {
    const { isSaved, ...booted } = await bootAndSave(context, { qemu, draft });
    isDone = isSaved;
    const kept = key !== undefined && draft !== undefined && isSaved;
    const aside = kept ? keep(context, { key, draft }) : Promise.resolve();
    return { ...booted, startKind: "cold", aside };
  } finally {
    if (draft !== undefined && !isDone) await removeDraft(draft);
  }
}

async function bootAndSave(
  context: BaseContext,
  { qemu, draft }: { qemu: Qemu; draft: string | undefined },
): Promise<Pick<BaseMachine, "machine" | "link" | "attached"> & { isSaved: boolean }> {
  const { request, signal, onProcess } = context;
  const machine = await context.phase("machine", "Starting the virtual machine", () =>
    // Also without a snapshot: a sandbox may be suspended later.
    startMachine(request, { signal, qemu, keepable: true, onProcess }),
  );
  context.onMachine(machine);
  const { connectAgent } = await agentClient();
  const connect = () => connectAgent(machine, { signal, deadlineMs: bootDeadlineMs });
  const link = await context.phase("boot", context.bootText, connect);
  if (draft === undefined) {
    return { machine, link, attached: context.attach(machine), isSaved: false };
  }
  return await context.phase("snapshot", "Keeping a snapshot", async () => {
    const isSaved = await saveBase(context, { machine, link, draft });
    // While the guest is halted: an emulated CPU that runs as its memory map changes can crash QEMU 7.2.
    const attached = context.attach(machine);
    const [again] = await Promise.all([connect(), attached, machine.resume()]);
    return { machine, link: again, attached, isSaved };
  });
}

/** Where to save the machine to; undefined, with a word in the log, when it is not to be saved. */
async function draftFor(key: string, log: Logger): Promise<string | undefined> {
  try {
    if (await isHopeless(key)) {
      log.info("no snapshot is kept: resuming this machine has failed several times");
      return undefined;
    }
    await mkdir(warmDir(), { recursive: true, mode: 0o700 });
    const draft = await beginSnapshot(key, await warmNames());
    if (draft === undefined) log.info("no snapshot is kept: another start is writing it");
    return draft;
  } catch (error) {
    log.warn(`no snapshot is kept: ${(error as Error).message}`);
    return undefined;
  }
}

type Draft = { machine: Machine; link: AgentLink; draft: string };

/** Leaves the machine halted, if it comes so far. Whatever happens, it can go on; only the snapshot may be missing. */
async function saveBase({ log }: BaseContext, { machine, link, draft }: Draft): Promise<boolean> {
  try {
    await link.agent.quiesce({}, { timeoutMs: quiesceDeadlineMs });
    link.close();
    await machine.save(draft, { isUnused: true });
    return true;
  } catch (error) {
    log.warn(`no snapshot is kept: ${(error as Error).message}`);
    return false;
  } finally {
    link.close();
  }
}

/** The disk may be slow, and the sandbox does not need to wait for it. */
async function keep(
  { warm, log }: BaseContext,
  { key, draft }: { key: string; draft: string },
): Promise<void> {
  try {
    const isKept = await commitSnapshot(key, draft);
    if (isKept) log.info(`kept a snapshot for the next start: ${key.slice(0, 12)}`);
    await pruneSnapshots(warm.maxBytes);
  } catch (error) {
    log.warn(`no snapshot is kept: ${(error as Error).message}`);
  } finally {
    // Renamed away when all went well.
    await removeDraft(draft);
  }
}

async function removeDraft(draft: string): Promise<void> {
  await rm(draft, { recursive: true, force: true }).catch(() => undefined);
}
