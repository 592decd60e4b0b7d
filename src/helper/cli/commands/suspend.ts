import { Command } from "commander";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { nearestProject } from "#helper/sandbox/project.ts";
import { type SuspendResult, suspendSandbox } from "#helper/sandbox/suspend.ts";
import { CliError } from "../errors.ts";
import { printResult, say } from "../output.ts";
import type { Invocation } from "../program/run.ts";
import { choose, isInteractive } from "../prompt.ts";
import { amount } from "../statusText.ts";

type SuspendOptions = { yes?: boolean; json?: boolean; quiet?: boolean };

export function suspendCommand(invocation: Invocation): Command {
  return new Command("suspend")
    .description(
      "Save the running sandbox of this directory, or the nearest one above it, with all its programs to disk and end it. The next start goes on where it was. Attached terminals and commands end.",
    )
    .option("-y, --yes", "end attached terminals and commands without a question")
    .option("--json", "print the outcome as JSON")
    .option("-q, --quiet", "print no status lines")
    .action((options: SuspendOptions) =>
      suspend({ ...options, quiet: invocation.quiet || options.quiet === true }),
    );
}

async function suspend({ yes = false, json = false, quiet }: SuspendOptions): Promise<void> {
  const project = nearestProject();
  let result = await suspendSandbox(project, { endSessions: yes });
  if (result.kind === "sessions" && !json && isInteractive()) {
    if (!(await mayEnd(result.sessions))) return say("Aborted.");
    result = await suspendSandbox(project, { endSessions: true });
  }
  if (json) await printResult(`${JSON.stringify(result, undefined, 2)}\n`);
  if (result.kind !== "suspended") throw refusal(result);
  if (!quiet && !json) {
    const size = amount(result.sizeBytes);
    say(`Sandbox suspended (${size} on disk). \`airlock start\` goes on with it.`);
  }
}

async function mayEnd(sessions: number): Promise<boolean> {
  const answer = await choose(`Suspending ends ${attached(sessions)}. Suspend?`, {
    choices: ["yes", "no"],
    preselected: "yes",
  });
  return answer === "yes";
}

function refusal(result: Exclude<SuspendResult, { kind: "suspended" }>): Error {
  if (result.kind === "sessions") {
    const message = `Suspending would end ${attached(result.sessions)}.`;
    return new CliError("usage", message, { exitCode: 3, hint: "Agree with --yes." });
  }
  const uses = result.obstacles.map(
    ({ command, pid, kind, path }) => `  ${command} (process ${pid}): ${kind} ${path}`,
  );
  return new SandboxError(
    "in-use",
    `The sandbox was not suspended and runs on. Programs in it use shared folders, which cannot be kept:\n${uses.join("\n")}`,
    { hint: "End them, or have them close these files, then suspend again." },
  );
}

function attached(sessions: number): string {
  return sessions === 1
    ? "one attached terminal or command"
    : `${sessions} attached terminals and commands`;
}
