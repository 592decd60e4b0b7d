// Remembers under build/stamps/ what a step was last made from, so that an unchanged step is skipped.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const stampsDir = join(root, "build", "stamps");

/** Whether the step was last finished with this key. */
export function isCurrent(step, key) {
  const path = join(stampsDir, step);
  return existsSync(path) && readFileSync(path, "utf8") === key;
}

/** Records that the step was finished with this key. */
export function markCurrent(step, key) {
  mkdirSync(stampsDir, { recursive: true });
  writeFileSync(join(stampsDir, step), key);
}

/** A hash over the names and contents of files; a folder stands for all files below it. */
export function filesHash(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesBelow(path)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesBelow(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(join(path, name)));
}
