import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { planted, plantedFlaw } from "#helper/ownFile.ts";
import type { Project } from "./project.ts";

/**
 * Refuses a state directory that we did not make. A project comes from anywhere, and a checkout may
 * hold an `.airlock` of its author's: with a symbolic link in place of `disk.img` or `airlock.log`, a
 * start would write to whatever file of the user it names.
 */
export function refusePlantedState({ stateDir, logFile, sandboxDir }: Project): void {
  for (const path of [stateDir, logFile, sandboxDir]) refuseUnlessOurs(path);
  for (const name of namesIn(sandboxDir)) refuseUnlessOurs(join(sandboxDir, name));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // There is none yet, or none that can be used: whoever uses it says so.
    return [];
  }
}

/** Refuses state behind a link: it belongs to the sandbox of another project. */
export function refuseLinkedState({ stateDir, sandboxDir }: Project): void {
  for (const path of [stateDir, sandboxDir]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) throw planted(path, "is a symbolic link");
  }
}

function refuseUnlessOurs(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  const flaw = plantedFlaw(found, process.getuid?.());
  if (flaw === undefined) return;
  throw planted(path, flaw);
}
