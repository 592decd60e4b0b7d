import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import { loadConfig } from "#core/config/load.ts";
import { loadSettings } from "#core/config/settings.ts";
import type { Diagnostic } from "#core/config/types.ts";
import { kindOf, type OpenText, readSlots, resolved } from "./slotFiles.ts";

/** Diagnostics of every file that takes part in the configurations of the open files, by path. */
export async function diagnose(
  openPaths: readonly string[],
  open: OpenText,
): Promise<Map<string, Diagnostic[]>> {
  const found = new Map<string, Diagnostic[]>();
  const add = (diagnostics: readonly Diagnostic[]) => {
    for (const diagnostic of diagnostics) addOnce(found, diagnostic);
  };
  for (const project of await projectsOf(openPaths)) {
    const { sources, diagnostics } = await readSlots(project, open);
    add([...diagnostics, ...loadConfig(sources, hostFacts()).diagnostics]);
  }
  for (const path of openPaths.filter((each) => kindOf(each) === "settings")) {
    add(loadSettings({ path, text: open(path) ?? "" }).diagnostics);
  }
  return found;
}

/** User-wide files are part of every project; alone they are a configuration of their own. */
async function projectsOf(openPaths: readonly string[]): Promise<(string | undefined)[]> {
  const projects = new Set<string>();
  for (const path of openPaths) {
    if (kindOf(path) === "project") projects.add(dirname(await resolved(path)));
  }
  if (projects.size > 0) return [...projects];
  return openPaths.some((path) => kindOf(path) === "user") ? [undefined] : [];
}

/** A user-wide file belongs to several projects, and says the same in each. */
function addOnce(found: Map<string, Diagnostic[]>, diagnostic: Diagnostic): void {
  const list = found.get(diagnostic.path) ?? [];
  const text = JSON.stringify(diagnostic);
  if (!list.some((each) => JSON.stringify(each) === text)) list.push(diagnostic);
  found.set(diagnostic.path, list);
}

export function hostFacts() {
  return {
    platform: process.platform,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
  };
}
