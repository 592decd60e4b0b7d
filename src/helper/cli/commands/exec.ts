import { isatty } from "node:tty";
import { Command } from "commander";
import { guestDirectory, guestPathOf } from "#helper/sandbox/guestPath.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program/run.ts";
import type { Reached } from "../reach.ts";
import { terminalEnv } from "../terminal/environment.ts";
import { openPtyDump } from "../terminal/ptyDump.ts";
import { runSession } from "../terminal/session.ts";

type ExecOptions = {
  cwd?: string;
  env?: string[];
  login?: boolean;
  tty?: boolean;
  quiet?: boolean;
};

/** Somebody else looks for the sandbox, since that need not wait for the options. */
export function execCommand(invocation: Invocation, sandbox: () => Promise<Reached>): Command {
  return new Command("exec")
    .alias("x")
    .description("Run a command in the sandbox of this directory or the nearest one above it.")
    .argument("<command...>", "program and its arguments, as they are")
    .option("-w, --cwd <directory>", "working directory in the guest")
    .option("-e, --env <name=value>", "environment variable; may be repeated", collect)
    .option("-l, --login", "run in a login shell")
    .option("-t, --tty", "give the command a terminal even when the input is none")
    .option("-T, --no-tty", "use pipes even when the input is a terminal")
    .option("-q, --quiet", "print no status lines")
    .passThroughOptions()
    .action((argv: string[], options: ExecOptions) =>
      execute(argv, { ...options, quiet: invocation.quiet || options.quiet === true }, sandbox),
    );
}

async function execute(
  argv: string[],
  options: ExecOptions,
  sandbox: () => Promise<Reached>,
): Promise<void> {
  const { here, project, connection } = await sandbox();
  // The standard input itself takes longer to open than the guest to be asked.
  const terminal = options.tty ?? isatty(0);
  process.exitCode = await runSession({
    exec: connection.exec,
    argv,
    env: [
      ...(terminal ? terminalEnv(process.env) : []),
      ...(options.env ?? []).filter(isAssignment),
    ],
    cwd: options.cwd ?? guestDirectory(project.dir, guestPathOf(project), here),
    login: options.login ?? false,
    terminal,
    dump: openPtyDump(project, process.env, (text) => (options.quiet ? undefined : say(text))),
  });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Words without `=` are ignored, as they always were. */
function isAssignment(word: string): boolean {
  return word.indexOf("=") > 0;
}
