import { connectSandbox, type SandboxConnection } from "#helper/rpc/client.ts";
import { messageOf, SandboxError } from "./errors.ts";
import { isFreed, isLocked } from "./lock.ts";
import type { Project } from "./project.ts";

const endDeadlineMs = 10_000;

export type StopOptions = {
  /** Whether to skip the guest's orderly shutdown. */
  force: boolean;
  /** Time of guest processes between TERM and KILL; the supervisor has a default. */
  graceMs?: number;
  /** Told what is waited for, where that takes its time. */
  onProgress?: (text: string) => void;
};

/** Stops a sandbox and waits until its lock is free; false when none was running. */
export async function stopSandbox(project: Project, options: StopOptions): Promise<boolean> {
  if (!(await isLocked(project))) return false;
  const { onProgress, ...demand } = options;
  try {
    const connection = await connectSandbox(project.socket);
    if (onProgress !== undefined) void followEnd(connection, onProgress);
    await connection.sandbox.stop(demand).finally(() => connection.close());
  } catch (error) {
    // A supervisor that ended before it could answer has done what was asked; the lock tells.
    if (!(await isFreed(project, 1_000))) throw stopError(error);
  }
  await supervisorGone(project);
  return true;
}

/** Waits for a supervisor that has answered to be gone with its lock. */
export async function supervisorGone(project: Project): Promise<void> {
  if (!(await isFreed(project, endDeadlineMs))) {
    throw stopError(new Error("its supervisor does not end"));
  }
}

async function followEnd(
  { sandbox }: SandboxConnection,
  onProgress: (text: string) => void,
): Promise<void> {
  try {
    for await (const { event } of sandbox.watch({})) {
      if (event.case === "progress") onProgress(event.value.text);
    }
  } catch {
    // The connection ends with the sandbox; how that went is the answer to the stop.
  }
}

function stopError(reason: unknown): SandboxError {
  return new SandboxError("supervisor", `The sandbox did not stop: ${messageOf(reason)}`, {
    hint: "See `airlock logs`; `airlock stop --force` skips the orderly shutdown.",
    cause: reason,
  });
}
