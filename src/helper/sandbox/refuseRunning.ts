import { setTimeout as sleep } from "node:timers/promises";
import { alreadyRunning } from "./errors.ts";
import { isLocked } from "./lock.ts";
import type { Project } from "./project.ts";

const lookEveryMs = 50;

/** Refuses a second sandbox of a project. */
export async function refuseRunning(project: Project, patienceMs?: number): Promise<void> {
  if (await isRunning(project, patienceMs)) throw alreadyRunning();
}

/**
 * Whether a project's sandbox runs and will go on. One that is just ending is waited for: its lock is
 * the last thing to go, after everybody who asked for the stop has been answered.
 */
export async function isRunning(project: Project, patienceMs = 5_000): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (await isLocked(project)) {
    const { askSupervisor } = await import("./currentStatus.ts");
    const status = (await askSupervisor(project))?.status;
    const lives = status === "running" || status === "starting";
    const isLate = performance.now() > deadline && status !== "suspending";
    if (lives || isLate) return true;
    await sleep(lookEveryMs);
  }
  return false;
}
