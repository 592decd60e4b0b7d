import { rm } from "node:fs/promises";
import { Command } from "commander";
import { forgetProject } from "#helper/image/projects.ts";
import { messageOf, SandboxError } from "#helper/sandbox/errors.ts";
import { disownState } from "#helper/sandbox/ownership.ts";
import { ownProject } from "#helper/sandbox/project.ts";
import { hasState, removeState } from "#helper/sandbox/removeState.ts";
import { keepStopped, requireStopped } from "#helper/sandbox/stopped.ts";
import { forgetSuspended } from "#helper/sandbox/suspended/record.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program/run.ts";
import { choose } from "../prompt.ts";

type RemoveOptions = { force?: boolean; quiet?: boolean };

export function removeCommand(invocation: Invocation): Command {
  return new Command("remove")
    .alias("rm")
    .description("Delete the sandbox of this directory: its disk, its state and its log.")
    .option("-f, --force", "do not ask")
    .option("-q, --quiet", "print no status lines")
    .action((options: RemoveOptions) =>
      remove(options.force ?? false, invocation.quiet || options.quiet === true),
    );
}

/** The configuration is not looked at: a sandbox can be removed when it is broken. */
async function remove(force: boolean, quiet: boolean): Promise<void> {
  const project = ownProject();
  if (!(await hasState(project))) return;
  await requireStopped(project);
  if (!force && !(await confirmed())) {
    say("Aborted.");
    return;
  }
  await keepStopped(project);
  try {
    await forgetSuspended(project);
    await disownState(project);
    await rm(project.socket, { force: true });
    await removeState(project);
    await forgetProject(project.dir);
  } catch (error) {
    throw new SandboxError("state-dir", `The sandbox was not removed: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  if (!quiet) say("Sandbox removed.");
}

async function confirmed(): Promise<boolean> {
  const answer = await choose("Remove the sandbox with everything on its disk?", {
    choices: ["yes", "no"],
    preselected: "no",
  });
  return answer === "yes";
}
