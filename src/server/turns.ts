import { setImmediate } from "node:timers/promises";

/** Nobody notices a wait as short as this. */
const turnMs = 1;

/** Goes through steps with pauses for messages that have come in; undefined once nobody wants the result. */
export async function inTurns<Result>(
  steps: Iterator<unknown, Result>,
  isWanted: () => boolean,
): Promise<Result | undefined> {
  let pausedMs = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    if (performance.now() - pausedMs < turnMs) continue;
    await messagesTaken();
    if (!isWanted()) return undefined;
    pausedMs = performance.now();
  }
}

/** Messages are read after the first turn of the event loop, and taken in the next one. */
async function messagesTaken(): Promise<void> {
  await setImmediate();
  await setImmediate();
}
