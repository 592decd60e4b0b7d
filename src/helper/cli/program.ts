import { Command, CommanderError } from "commander";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { settingsErrors } from "#helper/config/settings.ts";
import { version } from "#shared/version.ts";
import { CliError, exitCodeOf, usageError } from "./errors.ts";
import { printError } from "./output.ts";

/** What stands before and after a command's own arguments. */
export type Invocation = {
  /** `-q` before the command. */
  quiet: boolean;
  /** Words after the first `--`; undefined when there is none. Only `start` gets them. */
  tail: string[] | undefined;
};

type Entry = {
  name: string;
  alias?: string;
  summary: string;
  /** Whether `--` and the words after it belong to the command's own arguments. */
  ownsTail?: boolean;
  hidden?: boolean;
  load: (invocation: Invocation) => Promise<Command>;
};

/** Each command loads its own modules, so that `--version` and `exec` start fast. */
const entries: Entry[] = [
  {
    name: "start",
    summary: "start the sandbox of the current directory and run a command in it",
    load: async (invocation) => (await import("./commands/start.ts")).startCommand(invocation),
  },
  {
    name: "exec",
    alias: "x",
    summary: "run a command in the running sandbox",
    ownsTail: true,
    load: async () => (await import("./commands/exec.ts")).execCommand(),
  },
  {
    name: "stop",
    summary: "stop the running sandbox",
    load: async (invocation) => (await import("./commands/stop.ts")).stopCommand(invocation),
  },
  {
    name: "suspend",
    summary: "save the running sandbox with its programs; the next start goes on",
    load: async (invocation) => (await import("./commands/suspend.ts")).suspendCommand(invocation),
  },
  {
    name: "show",
    summary: "show the sandbox and its state",
    load: async () => (await import("./commands/show.ts")).showCommand(),
  },
  {
    name: "remove",
    alias: "rm",
    summary: "delete the sandbox with its disk and state",
    load: async (invocation) => (await import("./commands/remove.ts")).removeCommand(invocation),
  },
  {
    name: "logs",
    summary: "print the sandbox's log",
    load: async () => (await import("./commands/logs.ts")).logsCommand(),
  },
  {
    name: "config",
    summary: "print the effective configuration",
    load: async () => (await import("./commands/config.ts")).configCommand(),
  },
  {
    name: "image",
    summary: "list the stored images",
    load: async () => (await import("./commands/image.ts")).imageCommand(),
  },
  {
    name: "doctor",
    summary: "check what this computer has for running sandboxes",
    load: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  },
  {
    name: "supervise",
    summary: "run one sandbox; started by `airlock start`",
    hidden: true,
    load: async () => (await import("./commands/supervise.ts")).superviseCommand(),
  },
];

/** The help of the program and of each of its commands, for the manual. */
export async function helpTexts(): Promise<string[]> {
  const shown = entries.filter(({ hidden }) => !hidden);
  const loaded = shown.map(async (entry) => {
    const command = await entry.load({ quiet: false, tail: undefined });
    adopt(command, entry);
    return [command, ...command.commands];
  });
  const commands = [rootCommand(), ...(await Promise.all(loaded)).flat()];
  return commands.map((each) => each.configureHelp({ helpWidth: 80 }).helpInformation());
}

/** Runs one command line and ends the process with its exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  // A reader or terminal that has gone is noticed where it matters; it must not crash us before.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    await dispatch(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
  // What was written to a pipe may still be on its way (macOS).
  await new Promise((resolve) => process.stdout.write("", resolve));
  // Whatever still holds the event loop (an open standard input, say) must not keep us alive.
  process.exit();
}

async function dispatch(argv: readonly string[]): Promise<void> {
  const at = argv.findIndex((word) => !word.startsWith("-"));
  const name = at < 0 ? undefined : argv[at];
  const before = argv.slice(0, Math.max(at, 0));
  const entry = entries.find((one) => name !== undefined && [one.name, one.alias].includes(name));
  if (entry === undefined || !before.every(isQuiet)) {
    await rootCommand().parseAsync(argv, { from: "user" });
    return;
  }
  const words = argv.slice(at + 1);
  const split = entry.ownsTail ? -1 : words.indexOf("--");
  const tail = split < 0 ? undefined : words.slice(split + 1);
  if (tail !== undefined && entry.name !== "start") {
    throw usageError(
      `\`--\` has no meaning for ${entry.name}.`,
      `See \`airlock ${entry.name} --help\`.`,
    );
  }
  if (!entry.hidden) await checkSettings();
  const command = await entry.load({ quiet: before.length > 0, tail });
  adopt(command, entry);
  await command.parseAsync(split < 0 ? words : words.slice(0, split), { from: "user" });
}

/** Every command refuses to run with settings that do not say what the user meant. */
async function checkSettings(): Promise<void> {
  const problems = await settingsErrors();
  if (problems.length === 0) return;
  const lines = problems.map(formatDiagnostic);
  throw new CliError("config", `The user settings are wrong.\n${lines.join("\n")}`, {
    exitCode: 1,
  });
}

function isQuiet(word: string): boolean {
  return word === "-q" || word === "--quiet";
}

/** The program as a whole: its help, its version and what it says about unknown words. */
function rootCommand(): Command {
  const root = new Command("airlock")
    .description(
      "Run each project in its own sandbox: a virtual machine described by airlock.toml.",
    )
    .version(`airlock ${version}`, "-V, --version", "print the version")
    .option("-q, --quiet", "print no status lines")
    .exitOverride();
  for (const entry of entries) {
    const stub = root.command(entry.name, { hidden: entry.hidden ?? false });
    stub.summary(entry.summary).description(entry.summary).usage("[options]").helpOption(false);
    if (entry.alias !== undefined) stub.alias(entry.alias);
    // Reached only as `airlock <unknown option> <command>`, which commander refuses before.
    stub
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => root.help({ error: true }));
  }
  root.helpCommand(false);
  root
    .command("help", { hidden: true })
    .argument("[command]")
    .action((name?: string) => (name === undefined ? root.help() : run([name, "--help"])));
  return root;
}

/** Gives a loaded command the manners of the program. */
function adopt(command: Command, entry: Entry): void {
  command.name(`airlock ${entry.name}`);
  for (const each of [command, ...command.commands]) each.exitOverride();
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // Commander has printed its message; asking for help or the version is no mistake.
    return error.exitCode === 0 ? 0 : 2;
  }
  printError(error);
  return exitCodeOf(error);
}
