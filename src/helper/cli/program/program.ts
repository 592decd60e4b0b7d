import { Command } from "commander";
import { fullVersion } from "#shared/version.ts";
import { execEntry } from "./exec.ts";
import { kvmStatus } from "./kvmStatus.ts";
import { adopt, type Entry, perform, run } from "./run.ts";
import { startEntry } from "./start.ts";

const entries: Entry[] = [
  startEntry,
  execEntry,
  {
    name: "stop",
    summary: "stop the running sandbox",
    load: async (invocation) => (await import("../commands/stop.ts")).stopCommand(invocation),
  },
  {
    name: "suspend",
    summary: "save the running sandbox with its programs; the next start goes on",
    load: async (invocation) => (await import("../commands/suspend.ts")).suspendCommand(invocation),
  },
  {
    name: "show",
    summary: "show the sandbox and its state",
    load: async () => (await import("../commands/show.ts")).showCommand(),
  },
  {
    name: "remove",
    alias: "rm",
    summary: "delete the sandbox with its disk and state",
    load: async (invocation) => (await import("../commands/remove.ts")).removeCommand(invocation),
  },
  {
    name: "logs",
    summary: "print the sandbox's log",
    load: async () => (await import("../commands/logs.ts")).logsCommand(),
  },
  {
    name: "config",
    summary: "print the effective configuration",
    load: async () => (await import("../commands/config.ts")).configCommand(),
  },
  {
    name: "image",
    summary: "list the stored images",
    load: async () => (await import("../commands/image.ts")).imageCommand(),
  },
  {
    name: "disk",
    summary: "make the sandbox's disk anew",
    load: async (invocation) => (await import("../commands/disk.ts")).diskCommand(invocation),
  },
  {
    name: "doctor",
    summary: "check what this computer has for running sandboxes",
    load: async () => (await import("../commands/doctor.ts")).doctorCommand(),
  },
];

/** The help of the program and of each of its commands, for the manual. */
export async function helpTexts(): Promise<string[]> {
  const loaded = entries.map(async (entry) => {
    const command = await entry.load({ quiet: false, tail: undefined });
    adopt(command, entry);
    const visible = command.createHelp().visibleCommands(command);
    return [command, ...command.commands.filter((each) => visible.includes(each))];
  });
  const commands = [rootCommand(), ...(await Promise.all(loaded)).flat()];
  return commands.map((each) => each.configureHelp({ helpWidth: 80 }).helpInformation());
}

/** Runs one command line and ends the process with its exit code. */
export function runProgram(argv: readonly string[]): Promise<void> {
  return run(() => dispatch(argv));
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
  await perform(entry, argv.slice(at + 1), { quiet: before.length > 0 });
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
    .version(`airlock ${fullVersion}`, "-V, --version", "print the version")
    .option("-q, --quiet", "print no status lines")
    .addHelpText("after", () => kvmStatus() ?? "")
    .exitOverride();
  for (const entry of entries) {
    const stub = root.command(entry.name);
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
    .action((name?: string) => (name === undefined ? root.help() : dispatch([name, "--help"])));
  return root;
}
