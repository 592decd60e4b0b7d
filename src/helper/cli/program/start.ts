// A bundle of its own: most of what the other commands need has no part in a start.
import { type Entry, perform, run } from "./run.ts";

export const startEntry: Entry = {
  name: "start",
  summary: "start the sandbox of the current directory and run a command in it",
  load: async (invocation) => (await import("../commands/start.ts")).startCommand(invocation),
};

/** `airlock start …` with the words after `start`. */
export function runStart(words: readonly string[]): Promise<void> {
  return run(() => perform(startEntry, words));
}
