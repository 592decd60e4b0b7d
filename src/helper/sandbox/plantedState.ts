import { lstatSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { planted, plantedFlaw } from "#helper/ownFile.ts";
import type { Project } from "./project.ts";

/**
 * Refuses a state directory that we did not make. A project comes from anywhere, and a checkout may
 * hold an `.airlock` of its author's: with a symbolic link in place of `disk.img` or `airlock.log`, a
 * start would write to whatever file of the user it names.
 */
export async function refusePlantedState(project: Project): Promise<void> {
  await refuseUnlessOurs(project.stateDir);
  await refuseUnlessOurs(project.logFile);
  await refuseUnlessOurs(project.sandboxDir);
  for (const name of await readdir(project.sandboxDir).catch(() => [])) {
    await refuseUnlessOurs(join(project.sandboxDir, name));
  }
}

/** Refuses state behind a link: it belongs to the sandbox of another project. */
export function refuseLinkedState({ stateDir, sandboxDir }: Project): void {
  for (const path of [stateDir, sandboxDir]) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) throw planted(path, "is a symbolic link");
  }
}

async function refuseUnlessOurs(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  const flaw = plantedFlaw(found, process.getuid?.());
  if (flaw === undefined) return;
  throw planted(path, flaw);
}
