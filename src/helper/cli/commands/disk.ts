import { rm } from "node:fs/promises";
import { Command } from "commander";
import { diskUse } from "#helper/sandbox/disk.ts";
import { messageOf, SandboxError } from "#helper/sandbox/errors.ts";
import { ownProject, type Project } from "#helper/sandbox/project.ts";
import { keepStopped, requireStopped } from "#helper/sandbox/stopped.ts";
import { readSuspended } from "#helper/sandbox/suspended/record.ts";
import { CliError } from "../errors.ts";
import { say } from "../output.ts";
import type { Invocation } from "../program/run.ts";
import { choose, isInteractive } from "../prompt.ts";
import { amount } from "../statusText.ts";

type ResetFlags = { yes?: boolean; quiet?: boolean };

/** `airlock disk`: what can be done with the sandbox's disk by itself. */
export function diskCommand(invocation: Invocation): Command {
  const command = new Command("disk").description("Manage the disk of this directory's sandbox.");
  command
    .command("reset")
    .description(
      "Delete the sandbox's disk with everything on it; the next start makes a new one of the configured size. The rest of the sandbox is kept.",
    )
    .option("-y, --yes", "do not ask")
    .option("-q, --quiet", "print no status lines")
    .action(({ yes = false, quiet = false }: ResetFlags) =>
      resetDisk({ yes, quiet: quiet || invocation.quiet }),
    );
  return command;
}

/** The configuration is not looked at: it may just be what asks for another size. */
async function resetDisk({ yes, quiet }: Required<ResetFlags>): Promise<void> {
  const project = ownProject();
  const tell = (text: string) => (quiet ? undefined : say(text));
  await requireStopped(project);
  const disk = await diskUse(project.diskFile);
  if (disk === null) return tell("The sandbox has no disk yet.");
  await refuseSuspended(project);
  if (!yes && !(await confirmed(disk.usedBytes))) return say("Aborted.");
  await keepStopped(project);
  // It may have been suspended while we waited for the answer, and must not be now.
  await refuseSuspended(project);
  await rm(project.diskFile, { force: true }).catch((error: unknown) => {
    throw new SandboxError("disk", `The disk was not deleted: ${messageOf(error)}.`, {
      cause: error,
    });
  });
  tell("Disk deleted. The next start makes a new one.");
}

/** The memory of a suspended sandbox is worth nothing without the disk its programs have open. */
async function refuseSuspended(project: Project): Promise<void> {
  if ((await readSuspended(project)) === undefined) return;
  throw new SandboxError("disk", "The sandbox is suspended, and its programs use the disk.", {
    hint: "Discard them first with `airlock stop`.",
  });
}

async function confirmed(usedBytes: number): Promise<boolean> {
  const text = `Delete the sandbox's disk with everything on it (${amount(usedBytes)})?`;
  if (!isInteractive()) {
    const hint = "Agree with `airlock disk reset --yes`.";
    throw new CliError("no-terminal", "Nobody can be asked whether the disk may be deleted.", {
      exitCode: 3,
      hint,
    });
  }
  return (await choose(text, { choices: ["yes", "no"], preselected: "no" })) === "yes";
}
