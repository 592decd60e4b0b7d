import { setTimeout as sleep } from "node:timers/promises";
import { alreadyRunning } from "./errors.ts";
import { isLocked } from "./lock.ts";
import type { Project } from "./project.ts";

const lookEveryMs = 50;
/** For a guest to shut down in order, and for the disk to finish a snapshot, on a busy computer. */
const stoppingMs = 60_000;

/** Refuses a second sandbox of a project. */
export async function refuseRunning(project: Project, patienceMs?: number): Promise<void> {
  if (await isRunning(project, patienceMs)) throw alreadyRunning();
}

/**
 * Whether a project's sandbox runs and will go on. One that is just ending is waited for: its lock is
 * the last thing to go, after everybody who asked for the stop has been answered.
 */
export async function isRunning(project: Project, patienceMs = 10_000): Promise<boolean> {
  const startMs = performance.now();
  while (await isLocked(project)) {
    const { askSupervisor } = await import("./currentStatus.ts");
    const status = (await askSupervisor(project))?.status;
    const lives = status === "running" || status === "starting";
    const waitedMs = performance.now() - startMs;
    const mostMs = status === "stopping" ? Math.max(patienceMs, stoppingMs) : patienceMs;
    if (lives || (waitedMs > mostMs && status !== "suspending")) return true;
    await sleep(lookEveryMs);
  }
  return false;
}
