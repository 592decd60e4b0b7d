import { SandboxError } from "./errors.ts";
import { holdLock } from "./lock.ts";
import { endLeftovers } from "./processes.ts";
import type { Project } from "./project.ts";
import { isRunning } from "./refuseRunning.ts";
import { readRunRecord } from "./runRecord.ts";

/** Refuses to take something away from a sandbox that runs. */
export async function requireStopped(project: Project): Promise<void> {
  if (!(await isRunning(project))) return;
  throw new SandboxError("running", "The sandbox is running.", {
    hint: "Stop it first with `airlock stop`.",
  });
}

/**
 * Keeps a sandbox from being started until this process ends, and ends what a killed supervisor has left.
 * It may have been started since it was last looked at: then this fails.
 */
export async function keepStopped(project: Project): Promise<void> {
  await holdLock(project).catch(ignoreNoLock);
  const record = await readRunRecord(project);
  await endLeftovers(project, record?.processes ?? []);
}

/** Nobody can hold a lock where there is no sandbox yet, nor one that is a link. */
function ignoreNoLock(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT" && error.code !== "ELOOP") throw error;
}
