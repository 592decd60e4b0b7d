import { setTimeout as delay } from "node:timers/promises";
import { processFailed } from "../machine/errors.ts";
import { exists } from "../sandbox/files.ts";

const deadlineMs = 10_000;

/** Waits for a daemon's socket to exist; fails when the daemon ends or the time is over. */
export async function waitForSocket(
  path: string,
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  const until = performance.now() + deadlineMs;
  while (!(await exists(path))) {
    signal.throwIfAborted();
    if (isOver) throw processFailed("The program ended before it listened.");
    if (performance.now() > until)
      throw processFailed(`It did not listen within ${deadlineMs} ms.`);
    await delay(4);
  }
}
