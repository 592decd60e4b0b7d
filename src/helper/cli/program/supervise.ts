// A bundle of its own: the start of a sandbox waits until its supervisor has been loaded.
import { type Entry, perform, run } from "./run.ts";

export const superviseEntry: Entry = {
  name: "supervise",
  summary: "run one sandbox; started by `airlock start`",
  hidden: true,
  load: async () => (await import("../commands/supervise.ts")).superviseCommand(),
};

/** `airlock supervise …` with the words after `supervise`. */
export function runSupervise(words: readonly string[]): Promise<void> {
  return run(() => perform(superviseEntry, words));
}
