import type { Command } from "commander";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { outputStreams } from "#helper/compilers.ts";
import { settingsErrors } from "#helper/config/settings.ts";
import { CliError, exitCodeOf, usageError } from "../errors.ts";
import { printError } from "../output.ts";

/** What stands before and after a command's own arguments. */
export type Invocation = {
  /** `-q` before the command. */
  quiet: boolean;
  /** Words after the first `--`; undefined when there is none. Only `start` gets them. */
  tail: string[] | undefined;
};

/** One command of the program. */
export type Entry = {
  name: string;
  alias?: string;
  summary: string;
  /** Whether `--` and the words after it belong to the command's own arguments. */
  ownsTail?: boolean;
  /** Begins what need not wait until a command that is run has been loaded. */
  ahead?: () => Promise<void>;
  /** Each command loads its own modules, so that none pays for another one's. */
  load: (invocation: Invocation) => Promise<Command>;
};

/** Does the work of one command line and ends the process with its exit code. */
export async function run(work: () => Promise<void>): Promise<void> {
  // A reader or terminal that has gone is noticed where it matters; it must not crash us before.
  for (const stream of outputStreams()) stream.on("error", () => undefined);
  try {
    await work();
  } catch (error) {
    process.exitCode = await report(error);
  }
  // What was written to a pipe may still be on its way (macOS).
  await new Promise((resolve) => process.stdout.write("", resolve));
  // Whatever still holds the event loop (an open standard input, say) must not keep us alive.
  process.exit();
}

/** Runs a command with the words that follow its name. */
export async function perform(
  entry: Entry,
  words: readonly string[],
  { quiet = false } = {},
): Promise<void> {
  const split = entry.ownsTail ? -1 : words.indexOf("--");
  const tail = split < 0 ? undefined : words.slice(split + 1);
  if (tail !== undefined && entry.name !== "start") {
    throw usageError(
      `\`--\` has no meaning for ${entry.name}.`,
      `See \`airlock ${entry.name} --help\`.`,
    );
  }
  await checkSettings();
  await entry.ahead?.();
  const command = await entry.load({ quiet, tail });
  adopt(command, entry);
  await command.parseAsync(split < 0 ? words : words.slice(0, split), { from: "user" });
}

/** Gives a loaded command the manners of the program. */
export function adopt(command: Command, entry: Entry): void {
  command.name(`airlock ${entry.name}`);
  for (const each of [command, ...command.commands]) each.exitOverride();
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

async function report(error: unknown): Promise<number> {
  // Only for mistakes: `exec` asks the guest before it loads a parser of options.
  const { CommanderError } = await import("commander");
  if (error instanceof CommanderError) {
    // Commander has printed its message; asking for help or the version is no mistake.
    return error.exitCode === 0 ? 0 : 2;
  }
  printError(error);
  return exitCodeOf(error);
}
