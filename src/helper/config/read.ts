import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ConfigResult, loadConfig, relevant } from "#core/config/load.ts";
import { configSlots, formerFileNames, renamed, shadowed, slotFiles } from "#core/config/slots.ts";
import type { ConfigSource, Diagnostic } from "#core/config/types.ts";
import { exists } from "#helper/sandbox/files.ts";
import { hostFacts } from "./hostFacts.ts";
import { readFirst, unreadable } from "./textFile.ts";

export type ReadConfigResult = ConfigResult & {
  /** The files that were read, weakest first. */
  sources: ConfigSource[];
  /** Whether the project itself has a file; user-wide files do not count. */
  hasProjectFile: boolean;
};

/** Reads the user's and the project's files and makes the effective configuration of them. */
export async function readConfig(projectDir: string): Promise<ReadConfigResult> {
  const project = resolveLinks(projectDir);
  const slots = configSlots(homeOrNone(), project);
  const found = slots.map((slot) => readFirst(slotFiles(slot)));
  const sources: ConfigSource[] = [];
  const diagnostics: Diagnostic[] = [];
  let hasProjectFile = false;
  for (const [index, { scope }] of slots.entries()) {
    const file = found[index];
    if (file === undefined) continue;
    if (scope !== "user") hasProjectFile = true;
    if ("problem" in file) diagnostics.push(unreadable(file.path, file.problem));
    else sources.push({ scope, ...file });
  }
  const result = loadConfig(sources, hostFacts());
  const hasUnreadable = diagnostics.length > 0;
  const used = found.flatMap((file) => (file === undefined ? [] : [file.path]));
  const rest = relevant(result.diagnostics, diagnostics);
  diagnostics.push(...(await unreadFiles(project, used)), ...rest);
  return {
    ...{ ...result, diagnostics, sources, hasProjectFile },
    config: hasUnreadable ? undefined : result.config,
  };
}

function resolveLinks(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    // A directory that cannot be resolved may still be readable by the name we were given.
    return directory;
  }
}

function homeOrNone(): string {
  try {
    return homedir();
  } catch {
    // No home directory: there are no user-wide files then.
    return "";
  }
}

/** Files that look as if they were read. */
async function unreadFiles(project: string, used: readonly string[]): Promise<Diagnostic[]> {
  const former = Object.keys(formerFileNames).map((name) => renamed(join(project, name)));
  const others = used.flatMap((path) => {
    const stem = path.slice(0, path.lastIndexOf("."));
    const files = slotFiles({ stem });
    return files.slice(files.indexOf(path) + 1).map((other) => shadowed(other, path));
  });
  const found = await Promise.all(
    [...former, ...others].map(async (each) => ((await exists(each.path)) ? [each] : [])),
  );
  return found.flat();
}
