import { rm } from "node:fs/promises";
import { Command } from "commander";
import { forgetProject } from "#helper/image/projects.ts";
import { messageOf, SandboxError } from "#helper/sandbox/errors.ts";
import { holdLock } from "#helper/sandbox/lock.ts";
import { disownState } from "#helper/sandbox/ownership.ts";
import { endLeftovers } from "#helper/sandbox/processes.ts";
import { ownProject } from "#helper/sandbox/project.ts";
import { isRunning } from "#helper/sandbox/refuseRunning.ts";
import { hasState, removeState } from "#helper/sandbox/removeState.ts";
import { readRunRecord } from "#helper/sandbox/runRecord.ts";
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
  if (await isRunning(project)) {
    throw new SandboxError("running", "The sandbox is running.", {
      hint: "Stop it first with `airlock stop`.",
    });
  }
  if (!force && !(await confirmed())) {
    say("Aborted.");
    return;
  }
  // It may have been started while we waited for the answer, and must not be started now.
  await holdLock(project).catch(ignoreNoLock);
  const record = await readRunRecord(project);
  await endLeftovers(project, record?.processes ?? []);
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

/** Nobody can hold a lock where there is no sandbox yet, nor one that is a link. */
function ignoreNoLock(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT" && error.code !== "ELOOP") throw error;
}

async function confirmed(): Promise<boolean> {
  const answer = await choose("Remove the sandbox with everything on its disk?", {
    choices: ["yes", "no"],
    preselected: "no",
  });
  return answer === "yes";
}
