import { homedir } from "node:os";
import { relative, sep } from "node:path";
import { currentDirectory } from "#helper/sandbox/project.ts";

/** Paths of files as a person at this directory would write them; terminals make links of both forms. */
export function showPath(path: string, cwd: string = currentDirectory()): string {
  if (path.startsWith(cwd + sep)) return relative(cwd, path);
  const home = homedir();
  return path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
