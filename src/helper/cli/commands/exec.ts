import { readdir } from "node:fs/promises";
import { Command } from "commander";
import { connectExec } from "#helper/rpc/exec/call.ts";
import { guestDirectory, guestPathOf } from "#helper/sandbox/guestPath.ts";
import { currentDirectory, findRunningProject, projectAt } from "#helper/sandbox/project.ts";
import { CliError } from "../errors.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program/run.ts";
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

export function execCommand(invocation: Invocation): Command {
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
      execute(argv, { ...options, quiet: invocation.quiet || options.quiet === true }),
    );
}

async function execute(argv: string[], options: ExecOptions): Promise<void> {
  const here = currentDirectory();
  const project = findRunningProject(here);
  if (project === undefined) throw await noSandbox(here);
  const terminal = options.tty ?? process.stdin.isTTY === true;
  const { exec } = await connectExec(project.socket);
  process.exitCode = await runSession({
    exec,
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

async function noSandbox(here: string): Promise<CliError> {
  const names = await readdir(projectAt(here).sandboxDir).catch(() => []);
  if (names.some((name) => name.startsWith("suspended-"))) {
    return new CliError("no-sandbox", `The sandbox of ${here} is suspended.`, {
      exitCode: 1,
      hint: "Resume it with `airlock start --detach`.",
    });
  }
  return new CliError("no-sandbox", `No running sandbox was found in ${here} or above it.`, {
    exitCode: 1,
    hint: "Start one with `airlock start` in the project's directory.",
  });
}
