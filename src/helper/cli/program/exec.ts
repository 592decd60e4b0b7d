// A bundle of its own: `exec` is what people and editors run most, and wait for.
import { reachSandbox } from "../reach.ts";
import { type Entry, perform, run } from "./run.ts";

export const execEntry: Entry = {
  name: "exec",
  alias: "x",
  summary: "run a command in the running sandbox",
  ownsTail: true,
  async load(invocation) {
    // What the guest does for any process is done while the rest is loaded and the options are read.
    const reaching = reachSandbox();
    await reaching.catch(() => "told when the command is run");
    return (await import("../commands/exec.ts")).execCommand(invocation, reaching);
  },
};

/** `airlock exec …` with the words after `exec`. */
export function runExec(words: readonly string[]): Promise<void> {
  return run(() => perform(execEntry, words));
}
