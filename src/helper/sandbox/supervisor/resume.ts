import { randomBytes } from "node:crypto";
import { connectAgent } from "#helper/link/agent.ts";
import type { Machine } from "#helper/machine/machine.ts";
import { startMachine } from "#helper/machine/machine.ts";
import { openSaved, type SavedMachine } from "#helper/machine/state/saved.ts";
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
  await forgetSuspended(project);
  const link = await board.phase("resume", "Waking the machine up", async () => {
    await machine.resume();
    return await connectAgent(machine, { signal, deadlineMs: wakeDeadlineMs });
  });
  await removeFiles(project, undefined);
  await board.phase("attach", "Attaching the project", () =>
    attachShares(context, { machine, agent: link.agent }),
  );
  return { machine, link, measures: record.measures, aside: Promise.resolve() };
}

/** Adds all shares and lets the guest mount them; sets clock and random numbers on the way. */
export async function attachShares(
  { spec }: Pick<BootContext, "spec">,
  { machine, agent }: { machine: Machine; agent: BootedSandbox["link"]["agent"] },
): Promise<void> {
  const shares = await guestShares(machine, spec);
  const request = { clock: hostClock(), entropy: randomBytes(64), shares };
  await Promise.all([
    agent.attachShares(request, { timeoutMs: attachDeadlineMs }),
    ...machine.shares.map(({ tag }) => machine.attachShare(tag)),
  ]);
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
  try {
    saved = await openSaved(suspendedDir(project, record));
    const restore = { saved, disks: sandboxDisks(context) };
    const deadlineMs = loadDeadlineMs + Math.ceil(record.sizeBytes / slowestBytesPerMs);
    const { onProcess } = context;
    const conduct = { signal, restore, deadlineMs, onProcess };
    return await startMachine(machineRequest(context), conduct);
  } catch (error) {
    signal.throwIfAborted();
    throw unusable(messageOf(error), error);
  } finally {
    await saved?.memory.close();
  }
}

function unusable(why: string, cause?: unknown): SandboxError {
  return new SandboxError(
    "suspended-unusable",
    `The suspended sandbox cannot be resumed: ${why.replace(/\.$/, "")}.`,
    { cause },
  );
}
