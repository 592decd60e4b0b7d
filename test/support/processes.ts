// Questions about processes by id.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Whether the process runs. One that has ended and waits for its parent to notice does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== "linux") return true;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Waits until the process is gone; fails after the deadline. */
export async function untilGone(pid: number, deadlineMs = 10_000): Promise<void> {
  const until = performance.now() + deadlineMs;
  while (isRunning(pid)) {
    if (performance.now() > until) throw new Error(`process ${pid} still runs`);
    await delay(10);
  }
}
