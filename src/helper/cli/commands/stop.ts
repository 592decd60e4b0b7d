import { Command } from "commander";
import { nearestProject } from "#helper/sandbox/project.ts";
import { stopSandbox } from "#helper/sandbox/stop.ts";
import { discardSuspended } from "#helper/sandbox/suspended/store.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program/run.ts";

export function stopCommand(invocation: Invocation): Command {
  return new Command("stop")
    .description("Stop the sandbox of this directory or the nearest one above it.")
    .option("-f, --force", "skip the guest's orderly shutdown")
    .option("-q, --quiet", "print no status lines")
    .action(async (options: { force?: boolean; quiet?: boolean }) => {
      const project = nearestProject();
      const quiet = invocation.quiet || options.quiet === true;
      const onProgress = quiet ? {} : { onProgress: (text: string) => say(`${text}. ${patience}`) };
      const stopped = await stopSandbox(project, { force: options.force ?? false, ...onProgress });
      // Also of one that was being suspended while it was stopped.
      const discarded = await discardSuspended(project);
      if (quiet) return;
      if (discarded !== undefined && !stopped) {
        say("Suspended sandbox stopped: its running programs are gone, its disk is kept.");
      } else say(stopped ? "Sandbox stopped." : "The sandbox is not running.");
    });
}

const patience = "Waiting; `airlock stop --force` loses what is not written yet.";
