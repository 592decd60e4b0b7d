import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { knownProjects } from "#helper/image/projects.ts";
import { isBelow } from "#shared/paths.ts";
import type { Project } from "./project.ts";

/**
 * State directories of other sandboxes below the project, relative to it: what hides the project's own
 * state from its guest has to hide theirs, too, with their disks, logs and suspended memory. Only the
 * sandboxes that were started by this user can be known, and only before the machine starts.
 */
export async function nestedStateDirs({ dir }: Project): Promise<string[]> {
  const below = (await knownProjects()).filter((path) => path !== dir && isBelow(path, dir));
  const stateDirs = below.map((path) => join(path, ".airlock"));
  const real = await Promise.all(stateDirs.map((path) => realpath(path).catch(() => undefined)));
  // One that is gone needs no cover, and one behind a link lies elsewhere.
  return stateDirs.filter((path, index) => real[index] === path).map((path) => relative(dir, path));
}
