import { randomBytes } from "node:crypto";
import { connectAgent } from "#helper/link/agent.ts";
import { MachineError } from "#helper/machine/errors.ts";
import type { Machine } from "#helper/machine/machine.ts";
import { startMachine } from "#helper/machine/machine.ts";
import {
  BadSaved,
  checkMemory,
  openSaved,
  openSavedDirectory,
  type SavedMachine,
} from "#helper/machine/state/saved.ts";
import { messageOf, SandboxError } from "../errors.ts";
import { isSameDisk } from "../suspended/diskIdentity.ts";
import { forgetSuspended, readSuspended, type SuspendedRecord } from "../suspended/record.ts";
import { removeFiles, suspendedDir } from "../suspended/store.ts";
import {
  type BootContext,
  type BootedSandbox,
  guestShares,
  machineRequest,
  sandboxDisks,
} from "./boot.ts";
import { hostClock } from "./clock.ts";

/** For a guest that was in the middle of heavy work, on a busy computer. */
export const wakeDeadlineMs = 120_000;
const loadDeadlineMs = 30_000;
/** Memory is read from the disk before QEMU answers. */
const slowestBytesPerMs = 20_000;
const attachDeadlineMs = 60_000;
/** For the guest to answer somebody who wants the end of it while it wakes up. */
const lateMs = 15_000;
const shutDownMs = 10_000;

/**
 * Goes on with a suspended machine. Until its first instruction the suspended state stays as it is and
 * can be tried again; from then on the disk runs ahead of it, so it has to be gone before.
 */
export async function resumeSandbox(context: BootContext): Promise<BootedSandbox> {
  const { board, project, signal } = context;
  const record = await suspendedRecord(context);
  const machine = await board.phase("machine", "Loading the suspended machine", async () => {
    const loaded = await loadMachine(context, record);
    context.onMachine(loaded);
    return loaded;
  });
  // Whoever has given up by now keeps what is suspended.
  signal.throwIfAborted();
  await forgetSuspended(project);
  // From here on a mere kill would be a power cut for the guest: whoever wants its end waits for the link.
  const link = await board.phase("resume", "Waking the machine up", async () => {
    await machine.resume();
    return await connectAgent(machine, { signal: lateSignal(signal), deadlineMs: wakeDeadlineMs });
  });
  await removeFiles(project, undefined);
  await board.phase("attach", "Attaching the project", () =>
    attachResumed(context, { machine, agent: link.agent }),
  );
  return { machine, link, measures: record.measures, aside: Promise.resolve() };
}

/** Aborts a while after the other one. */
function lateSignal(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const begin = () => void setTimeout(() => late.abort(signal.reason), lateMs).unref();
  signal.addEventListener("abort", begin, { once: true });
  if (signal.aborted) begin();
  return late.signal;
}

type Attachment = { machine: Machine; agent: BootedSandbox["link"]["agent"] };

/** A guest whose shares do not come back is shut down in order, so that its programs can save their work. */
export async function attachResumed(
  context: Pick<BootContext, "spec">,
  parts: Attachment,
): Promise<void> {
  try {
    await attachShares(context, parts);
  } catch (error) {
    await shutDown(parts);
    throw new SandboxError(
      "resume-failed",
      `The sandbox was shut down, because its project could not be attached again: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Adds all shares and lets the guest mount them; sets clock and random numbers on the way. */
export async function attachShares(
  { spec }: Pick<BootContext, "spec">,
  { machine, agent }: Attachment,
): Promise<void> {
  const shares = await guestShares(machine, spec);
  const request = { clock: hostClock(), entropy: randomBytes(64), shares };
  await Promise.all([
    agent.attachShares(request, { timeoutMs: attachDeadlineMs }),
    ...machine.shares.map(({ tag }) => machine.attachShare(tag)),
  ]);
}

async function shutDown({ agent }: Attachment): Promise<void> {
  const graceMs = shutDownMs / 2;
  // Whatever it answers, the machine is ended after this.
  await agent.shutdown({ graceMs }, { timeoutMs: shutDownMs }).catch(() => undefined);
}

async function suspendedRecord({ project, spec }: BootContext): Promise<SuspendedRecord> {
  const record = await readSuspended(project);
  if (record === undefined || record.id !== spec.resumeId) {
    throw unusable("its state is not there any more");
  }
  if (!(await isSameDisk(project.diskFile, record.disk))) {
    throw unusable("its disk has been changed since");
  }
  return record;
}

async function loadMachine(context: BootContext, record: SuspendedRecord): Promise<Machine> {
  const { project, signal } = context;
  let saved: SavedMachine | undefined;
  let machine: Machine | undefined;
  try {
    saved = await openSuspended(suspendedDir(project, record), record);
    const restore = { saved, disks: sandboxDisks(context) };
    const deadlineMs = loadDeadlineMs + Math.ceil(record.sizeBytes / slowestBytesPerMs);
    const { onProcess } = context;
    const conduct = { signal, restore, deadlineMs, onProcess };
    machine = await startMachine(machineRequest(context), conduct);
    // It was copied meanwhile, and whoever can write to it might have done so.
    await checkMemory(saved.memory, record.seal);
    return machine;
  } catch (error) {
    await machine?.kill();
    signal.throwIfAborted();
    throw loadFailure(error);
  } finally {
    await saved?.memory.close();
  }
}

async function openSuspended(path: string, { seal }: SuspendedRecord): Promise<SavedMachine> {
  const directory = await openSavedDirectory(path);
  if (directory === undefined) throw new BadSaved("its files are gone");
  try {
    return await openSaved(directory, seal);
  } finally {
    await directory.close();
  }
}

/** What is wrong with the state stays wrong; anything else may have gone by the next start. */
function loadFailure(error: unknown): SandboxError {
  const isRefused = error instanceof MachineError && error.code === "state-refused";
  if (error instanceof BadSaved || isRefused) return unusable(messageOf(error), error);
  return new SandboxError(
    "resume-failed",
    `The suspended sandbox could not be resumed just now: ${messageOf(error)}`,
    { cause: error },
  );
}

function unusable(why: string, cause?: unknown): SandboxError {
  return new SandboxError(
    "suspended-unusable",
    `The suspended sandbox cannot be resumed: ${why.replace(/\.$/, "")}.`,
    { cause },
  );
}
