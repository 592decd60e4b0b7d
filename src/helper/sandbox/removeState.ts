import { readFile, rm, rmdir } from "node:fs/promises";
import { exists } from "./files.ts";
import { ignoreFile, ignoreText, type Project } from "./project.ts";

/** Whether there is anything of a sandbox. */
export async function hasState(project: Project): Promise<boolean> {
  return (await exists(project.sandboxDir)) || (await exists(project.logFile));
}

/**
 * Deletes what is the sandbox's own and nothing else: the state directory of a sandbox in the home
 * directory is the one with the user's configuration and approvals.
 */
export async function removeState(project: Project): Promise<void> {
  await rm(project.sandboxDir, { recursive: true, force: true });
  await rm(project.logFile, { force: true });
  const path = ignoreFile(project);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === ignoreText) await rm(path, { force: true });
  await rmdir(project.stateDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
  });
}
