import { Command } from "commander";
import type { futureSupervisor } from "#helper/sandbox/launch.ts";
import { currentProject } from "#helper/sandbox/project.ts";
import { AirlockError } from "#shared/errors.ts";
import { ApprovalRequiredError, exitCodeOf, SignInRequiredError } from "../errors.ts";
import type { Invocation } from "../program/run.ts";
import { type StartFlags, startOptions } from "../start/options.ts";
import { humanReporter, jsonReporter, type Reporter } from "../start/reporter.ts";

export function startCommand(
  invocation: Invocation,
  supervisorOf: typeof futureSupervisor,
): Command {
  return new Command("start")
    .description(
      "Start the sandbox of the current directory and run a command in it: the one after `--`, else the image's own. The sandbox ends with the command.",
    )
    .usage("[options] [-- command args...]")
    .option("-d, --detach", "leave the sandbox running in the background")
    .option("-y, --yes", "agree to everything that would be asked")
    .option("--keep-image", "go on with the old image when the sandbox's image has changed")
    .option(
      "--approve <digest>",
      "agree to the privileged part of the configuration with this digest, and to no other",
    )
    .option("--recreate", "agree to a new root file system when the image has changed")
    .option("--resume", "go on with a suspended sandbox as it was although something has changed")
    .option("--discard-suspended", "end the programs of a suspended sandbox and start fresh")
    .option("--suspend-on-close", "suspend the sandbox when the last editor window on it closes")
    .option("--suspend-idle <minutes>", "suspend the sandbox after so much time without work")
    .option(
      "--credentials-stdin",
      "read a sign-in for the image's registry from the standard input, as JSON with username and password; needs --detach",
    )
    .option("--json", "print one JSON object per event")
    .option("-l, --login", "run the command in a login shell")
    .option("--sandbox-cwd <directory>", "where the guest sees the project and starts the command")
    .option("--log-level <level>", "trace, debug, info, warn or error (default: info)")
    .option("-v, --verbose", "list what the sandbox is made of")
    .option("-q, --quiet", "print no status lines")
    .action(async (flags: StartFlags) => {
      const quiet = invocation.quiet || flags.quiet === true;
      const options = startOptions({ ...flags, quiet }, invocation.tail, process.env);
      const reporter = options.json ? jsonReporter() : humanReporter(quiet);
      const begin = async () => {
        const project = currentProject();
        const { start } = await import("../start/start.ts");
        return await start(project, { options, reporter, supervisor: supervisorOf(project) });
      };
      process.exitCode = await begin().catch((error) => report(error, reporter));
    });
}

function report(error: unknown, reporter: Reporter): number {
  const exitCode = exitCodeOf(error);
  if (!(error instanceof AirlockError)) {
    const message = error instanceof Error ? error.message : String(error);
    reporter.error({ code: "unexpected", message, hint: null, exitCode });
    return exitCode;
  }
  const { code, message, hint } = error;
  reporter.error({ code, message, hint: hint ?? null, exitCode, ...questionOf(error) });
  return exitCode;
}

function questionOf(error: AirlockError) {
  if (error instanceof ApprovalRequiredError) return { approval: error.approval };
  return error instanceof SignInRequiredError ? { signIn: error.signIn } : {};
}
