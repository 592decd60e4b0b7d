// Tells the commit that the tree was checked out from.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { outputOf, root } from "./run.mjs";

/**
 * The commit's short name, with `-dirty` when files differ from it. Undefined in a tree that is no
 * checkout of its own: the commit of whatever lies around it would be wrong.
 */
export function commitOf(directory = root) {
  if (!existsSync(join(directory, ".git"))) return undefined;
  const words = ["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"];
  return outputOf("git", ["-C", directory, ...words]);
}
