import { setTimeout as sleep } from "node:timers/promises";
import { askSupervisor } from "./currentStatus.ts";
import { alreadyRunning } from "./launch.ts";
import { isLocked } from "./lock.ts";
import type { Project } from "./project.ts";

const lookEveryMs = 50;

/**
 * Refuses a second sandbox of a project. One that is just ending is waited for: its lock is the last
 * thing to go, after everybody who asked for the stop has been answered.
 */
export async function refuseRunning(project: Project, patienceMs = 5_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (await isLocked(project)) {
    const status = (await askSupervisor(project))?.status;
    const lives = status === "running" || status === "starting";
    const isLate = performance.now() > deadline && status !== "suspending";
    if (lives || isLate) throw alreadyRunning();
    await sleep(lookEveryMs);
  }
}
