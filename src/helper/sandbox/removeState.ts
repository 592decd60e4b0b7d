import { lstat, readFile, rm, rmdir, unlink } from "node:fs/promises";
import { exists } from "./files.ts";
import { ignoreFile, ignoreText, isInHome, type Project } from "./project.ts";

/** Whether there is anything of a sandbox. */
export async function hasState(project: Project): Promise<boolean> {
  return (await exists(project.sandboxDir)) || (await exists(project.logFile));
}

/**
 * Deletes what is the sandbox's own and nothing else: the state directory of a sandbox in the home
 * directory is the one with the user's configuration and approvals.
 */
export async function removeState(project: Project): Promise<void> {
  // A start never makes a link, so what it leads to is somebody else's.
  if (await isLink(project.stateDir)) {
    if (!isInHome(project)) await unlink(project.stateDir);
    return;
  }
  await rm(project.sandboxDir, { recursive: true, force: true });
  await rm(project.logFile, { force: true });
  const path = ignoreFile(project);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === ignoreText) await rm(path, { force: true });
  await rmdir(project.stateDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT") throw error;
  });
}

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
}
