import { connectAgent } from "#helper/link/agent.ts";
import type { DetachSharesResponse, Holder } from "#shared/generated/airlock/agent/v1/agent_pb.js";
import type { Logger } from "#shared/log.ts";
import { messageOf, SandboxError } from "../errors.ts";
import type { Project } from "../project.ts";
import type { SupervisorSpec } from "../spec.ts";
import type { SuspendedRecord } from "../suspended/record.ts";
import { commitDraft, discardSuspended, makeDraft } from "../suspended/store.ts";
import type { Board } from "./board.ts";
import type { BootedSandbox } from "./boot.ts";
import { attachShares, wakeDeadlineMs } from "./resume.ts";
import type { SuspendAnswer } from "./service.ts";

export type SuspendContext = {
  project: Project;
  spec: SupervisorSpec;
  board: Board;
  log: Logger;
};

export type SuspendOutcome =
  /** Nothing has changed. */
  | { kind: "refused"; sandbox: BootedSandbox; answer: SuspendAnswer }
  /** It went wrong on the way; the sandbox runs on, perhaps over another link. */
  | { kind: "running"; sandbox: BootedSandbox; error: SandboxError; sessionsEnded: boolean }
  /** It went wrong on the way back, too: the guest answers, but has lost its shares. */
  | { kind: "stranded"; sandbox: BootedSandbox; error: SandboxError }
  /** The machine is halted for ever. */
  | { kind: "suspended"; record: SuspendedRecord };

const detachDeadlineMs = 60_000;

/** Saves a running machine. Throws when it neither was saved nor can go on. */
export async function suspendSandbox(
  context: SuspendContext,
  sandbox: BootedSandbox,
  endSessions: boolean,
): Promise<SuspendOutcome> {
  let answer: DetachSharesResponse;
  try {
    answer = await sandbox.link.agent.detachShares(
      { endSessions },
      { timeoutMs: detachDeadlineMs },
    );
  } catch (error) {
    context.log.error(`not suspended: ${messageOf(error)}`);
    // A guest that fails, or finds that we have given up, has mounted again what it had unmounted.
    return { kind: "running", sandbox, error: runsOn(error), sessionsEnded: endSessions };
  }
  if (answer.sessions > 0 || answer.holders.length > 0) {
    const obstacles = answer.holders.slice(0, mostObstacles).map(boundedObstacle);
    return { kind: "refused", sandbox, answer: { sessions: answer.sessions, obstacles } };
  }
  context.board.update({ status: "suspending" });
  try {
    return { kind: "suspended", record: await save(context, sandbox) };
  } catch (error) {
    context.log.error(`not suspended: ${messageOf(error)}`);
    return await goOn(context, sandbox, error);
  }
}

/** The guest words it, and it is sent to whoever asks. */
const mostObstacles = 32;
const longestWordCharacters = 4_096;

function boundedObstacle({ pid, command, kind, path }: Holder) {
  const [shortCommand = "", shortKind = "", shortPath = ""] = [command, kind, path].map((word) =>
    word.slice(0, longestWordCharacters),
  );
  return { pid, command: shortCommand, kind: shortKind, path: shortPath };
}

async function save(
  { project, spec, log }: SuspendContext,
  { machine, link, measures }: BootedSandbox,
): Promise<SuspendedRecord> {
  const startMs = performance.now();
  await Promise.all(machine.shares.map(({ tag }) => machine.detachShare(tag)));
  // A connection would be saved half-way through.
  link.close();
  const draft = await makeDraft(project);
  await machine.save(draft);
  const kept = measures.map(({ id, on, detail }) => ({ id, on, detail }));
  const record = await commitDraft(project, draft, { spec, measures: kept, now: new Date() });
  const ms = Math.round(performance.now() - startMs);
  log.info(`suspended after ${ms} ms: ${record.sizeBytes} bytes`);
  return record;
}

/** Undoes a suspend that failed: what was taken away comes back. */
async function goOn(
  context: SuspendContext,
  { link: before, ...sandbox }: BootedSandbox,
  cause: unknown,
): Promise<SuspendOutcome> {
  before.close();
  // It may have failed after everything was written, and what runs on must not be resumed.
  await discardSuspended(context.project);
  const { machine } = sandbox;
  await machine.resume();
  const link = await connectAgent(machine, { deadlineMs: wakeDeadlineMs });
  const woken = { ...sandbox, link };
  try {
    await attachShares(context, { machine, agent: link.agent });
  } catch (error) {
    const message = `The sandbox was not suspended (${messageOf(cause)}) and cannot go on: ${messageOf(error)}`;
    const stranded = new SandboxError("suspend-failed", message, { cause: error });
    return { kind: "stranded", sandbox: woken, error: stranded };
  }
  context.board.update({ status: "running" });
  return { kind: "running", sandbox: woken, error: runsOn(cause), sessionsEnded: true };
}

function runsOn(cause: unknown): SandboxError {
  const message = `The sandbox was not suspended and runs on: ${messageOf(cause)}`;
  return new SandboxError("suspend-failed", message, { cause });
}
