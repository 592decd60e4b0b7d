import { readdir } from "node:fs/promises";
import { connectExec, type ExecConnection } from "#helper/rpc/exec/call.ts";
import {
  currentDirectory,
  findRunningProject,
  type Project,
  projectAt,
} from "#helper/sandbox/project.ts";
import { CliError } from "./errors.ts";

/** The sandbox that a command is for. */
export type Reached = { here: string; project: Project; connection: ExecConnection };

/** Looks for the running sandbox of the current directory, or the nearest one above it, and asks it for a process. */
export async function reachSandbox(): Promise<Reached> {
  const here = currentDirectory();
  const project = findRunningProject(here);
  if (project === undefined) throw await noSandbox(here);
  return { here, project, connection: await connectExec(project.socket) };
}

async function noSandbox(here: string): Promise<CliError> {
  const names = await readdir(projectAt(here).sandboxDir).catch(() => []);
  if (names.some((name) => name.startsWith("suspended-"))) {
    return new CliError("no-sandbox", `The sandbox of ${here} is suspended.`, {
      exitCode: 1,
      hint: "Resume it with `airlock start --detach`.",
    });
  }
  return new CliError("no-sandbox", `No running sandbox was found in ${here} or above it.`, {
    exitCode: 1,
    hint: "Start one with `airlock start` in the project's directory.",
  });
}
