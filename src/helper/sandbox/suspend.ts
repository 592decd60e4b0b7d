import { ConnectError } from "@connectrpc/connect";
import { connectSandbox } from "#helper/rpc/client.ts";
import { SandboxError } from "./errors.ts";
import { isLocked } from "./lock.ts";
import type { Project } from "./project.ts";
import { supervisorGone } from "./stop.ts";
import { readSuspended } from "./suspended/record.ts";

export type SuspendResult =
  | { kind: "suspended"; since: string; sizeBytes: number }
  /** Attached terminals and commands would have to be ended. */
  | { kind: "sessions"; sessions: number }
  | { kind: "in-use"; obstacles: { pid: number; command: string; kind: string; path: string }[] };

/** Memory of many gigabytes on a slow disk takes long. */
const answerDeadlineMs = 10 * 60_000;

/** Suspends a running sandbox and returns when nothing of it is left running, or what is in the way. */
export async function suspendSandbox(
  project: Project,
  options: { endSessions: boolean },
): Promise<SuspendResult> {
  if (!(await isLocked(project))) {
    throw new SandboxError("not-running", "The sandbox is not running.");
  }
  const connection = await connectSandbox(project.socket);
  try {
    const answer = await connection.sandbox.suspend(options, { timeoutMs: answerDeadlineMs });
    const { sessions } = answer;
    if (answer.obstacles.length > 0) {
      const obstacles = answer.obstacles.map(({ pid, command, kind, path }) => ({
        ...{ pid, command, kind, path },
      }));
      return { kind: "in-use", obstacles };
    }
    if (sessions > 0) return { kind: "sessions", sessions };
  } catch (error) {
    throw new SandboxError("suspend-failed", ConnectError.from(error).rawMessage, { cause: error });
  } finally {
    connection.close();
  }
  await supervisorGone(project);
  const record = await readSuspended(project);
  if (record === undefined) {
    throw new SandboxError("suspend-failed", "The sandbox was stopped while it was suspended.");
  }
  return { kind: "suspended", since: record.suspendedAt, sizeBytes: record.sizeBytes };
}
