// A bundle of its own: `exec` is what people and editors run most, and wait for.
import { type Entry, perform, run } from "./run.ts";

export const execEntry: Entry = {
  name: "exec",
  alias: "x",
  summary: "run a command in the running sandbox",
  ownsTail: true,
  load: async (invocation) => (await import("../commands/exec.ts")).execCommand(invocation),
};

/** `airlock exec …` with the words after `exec`. */
export function runExec(words: readonly string[]): Promise<void> {
  return run(() => perform(execEntry, words));
}
