import { connectAgent } from "#helper/link/agent.ts";
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
  | { kind: "refused"; answer: SuspendAnswer }
  /** It went wrong on the way; the sandbox runs on, over a link of its own. */
  | { kind: "running"; sandbox: BootedSandbox; error: SandboxError }
  /** The machine is halted for ever. */
  | { kind: "suspended"; record: SuspendedRecord };

const detachDeadlineMs = 60_000;

/** Saves a running machine. Throws when it neither was saved nor can go on. */
export async function suspendSandbox(
  context: SuspendContext,
  sandbox: BootedSandbox,
  endSessions: boolean,
): Promise<SuspendOutcome> {
  const { agent } = sandbox.link;
  const answer = await agent.detachShares({ endSessions }, { timeoutMs: detachDeadlineMs });
  if (answer.sessions > 0 || answer.holders.length > 0) {
    const obstacles = answer.holders.map(({ pid, command, kind, path }) => ({
      ...{ pid, command, kind, path },
    }));
    return { kind: "refused", answer: { sessions: answer.sessions, obstacles } };
  }
  context.board.update({ status: "suspending" });
  try {
    return { kind: "suspended", record: await save(context, sandbox) };
  } catch (error) {
    context.log.error(`not suspended: ${messageOf(error)}`);
    return await goOn(context, sandbox, error);
  }
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
  await attachShares(context, { machine, agent: link.agent });
  context.board.update({ status: "running" });
  const message = `The sandbox was not suspended and runs on: ${messageOf(cause)}`;
  const error = new SandboxError("suspend-failed", message, { cause });
  return { kind: "running", sandbox: { ...sandbox, link }, error };
}
