import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { connectSandbox } from "#helper/rpc/client.ts";
import { messageOf, SandboxError } from "#helper/sandbox/errors.ts";
import { isLocked } from "#helper/sandbox/lock.ts";
import { currentProject, findRunningProject, type Project } from "#helper/sandbox/project.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program.ts";

type StopOptions = { force?: boolean; quiet?: boolean };

export function stopCommand(invocation: Invocation): Command {
  return new Command("stop")
    .description("Stop the sandbox of this directory or the nearest one above it.")
    .option("-f, --force", "skip the guest's orderly shutdown")
    .option("-q, --quiet", "print no status lines")
    .action(async (options: StopOptions) => {
      const project = findRunningProject(process.cwd()) ?? currentProject();
      const quiet = invocation.quiet || options.quiet === true;
      const stopped = await stopSandbox(project, options.force ?? false);
      if (!quiet) say(stopped ? "Sandbox stopped." : "The sandbox is not running.");
    });
}

/** Stops a sandbox and waits until its lock is free; false when none was running. */
export async function stopSandbox(project: Project, force: boolean): Promise<boolean> {
  if (!(await isLocked(project))) return false;
  const connection = await connectSandbox(project.socket);
  try {
    await connection.sandbox.stop({ force });
  } catch (error) {
    // A supervisor that ended while it answered has done what was asked; the lock tells.
    if (await isLocked(project)) throw stopError(error);
  } finally {
    connection.close();
  }
  await untilUnlocked(project);
  return true;
}

async function untilUnlocked(project: Project): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 50) {
    if (!(await isLocked(project))) return;
    await sleep(50);
  }
  throw stopError("its supervisor does not end");
}

function stopError(reason: unknown): SandboxError {
  return new SandboxError("supervisor", `The sandbox did not stop: ${messageOf(reason)}.`, {
    hint: "See `airlock logs`; `airlock stop --force` skips the orderly shutdown.",
    cause: reason,
  });
}
