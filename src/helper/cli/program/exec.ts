// A bundle of its own: `exec` is what people and editors run most, and wait for.
import { type Reached, reachSandbox } from "../reach.ts";
import { type Entry, perform, run } from "./run.ts";

let reaching: Promise<Reached> | undefined;

/** The sandbox of this process's command; it is looked for once. */
function sandbox(): Promise<Reached> {
  reaching ??= reachSandbox();
  return reaching;
}

export const execEntry: Entry = {
  name: "exec",
  alias: "x",
  summary: "run a command in the running sandbox",
  ownsTail: true,
  async ahead() {
    // What the guest does for any process is done while the rest is loaded and the options are read.
    await sandbox().catch(() => "told when the command is run");
  },
  load: async (invocation) =>
    (await import("../commands/exec.ts")).execCommand(invocation, sandbox),
};

/** `airlock exec …` with the words after `exec`. */
export function runExec(words: readonly string[]): Promise<void> {
  return run(() => perform(execEntry, words));
}
