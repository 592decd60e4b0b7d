// A bundle of its own, without what reads command lines: the start of a sandbox waits until its supervisor has
// been loaded.
import { outputStreams } from "#helper/compilers.ts";
import { supervise } from "../commands/supervise.ts";

/** `airlock supervise <project>`, as `airlock start` begins it; the project is there for process lists. */
export async function runSupervise(): Promise<void> {
  // A reader that has gone is noticed where it matters; it must not crash us before.
  for (const stream of outputStreams()) stream.on("error", () => undefined);
  await supervise();
  // Whatever still holds the event loop must not keep us alive.
  process.exit();
}
