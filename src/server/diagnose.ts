import { dirname } from "node:path";
import { inEveryFile, type ShownDiagnostic } from "#core/config/diagnostics.ts";
import { loadSettings } from "#core/config/settings.ts";
import type { Diagnostic } from "#core/config/types.ts";
import type { OpenFiles } from "./openFiles.ts";
import type { Projects } from "./projects.ts";
import { kindOf } from "./slotFiles.ts";

/**
 * Diagnostics of every file that takes part in the configurations of the open files, by path; undefined
 * once nobody wants them any more.
 */
export async function diagnose(
  openFiles: OpenFiles,
  projects: Projects,
  isWanted: () => boolean,
): Promise<Map<string, ShownDiagnostic[]> | undefined> {
  const found = new Found();
  const openPaths = openFiles.paths();
  for (const directory of directoriesOf(openPaths)) {
    const project = await projects.at(directory);
    if (!(await project.prepare(isWanted))) return undefined;
    found.add([...project.diagnostics, ...project.result.diagnostics]);
  }
  for (const path of openPaths.filter((each) => kindOf(each) === "settings")) {
    found.add(loadSettings({ path, text: openFiles.text(path) ?? "" }).diagnostics);
  }
  return found.byPath;
}

/** User-wide files are part of every project; alone they are a configuration of their own. */
function directoriesOf(openPaths: readonly string[]): (string | undefined)[] {
  const projects = openPaths.filter((path) => kindOf(path) === "project").map(dirname);
  if (projects.length > 0) return [...new Set(projects)];
  return openPaths.some((path) => kindOf(path) === "user") ? [undefined] : [];
}

/** A user-wide file belongs to several projects, and says the same in each. */
class Found {
  readonly byPath = new Map<string, ShownDiagnostic[]>();
  private readonly seen = new Set<string>();

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics.flatMap(inEveryFile)) {
      const text = JSON.stringify(diagnostic);
      if (this.seen.has(text)) continue;
      this.seen.add(text);
      const list = this.byPath.get(diagnostic.path) ?? [];
      list.push(diagnostic);
      this.byPath.set(diagnostic.path, list);
    }
  }
}
