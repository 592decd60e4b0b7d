import { realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type ConfigResult, loadConfig } from "#core/config/load.ts";
import { configSlots, formerFileNames, slotFiles } from "#core/config/slots.ts";
import { type ConfigSource, type Diagnostic, startOfFile } from "#core/config/types.ts";
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
  const found = await Promise.all(slots.map((slot) => readFirst(slotFiles(slot))));
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
  diagnostics.push(...(await formerFiles(project)), ...result.diagnostics);
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

/** Files with names of long ago have no effect; their owner should know. */
async function formerFiles(project: string): Promise<Diagnostic[]> {
  const entries = Object.entries(formerFileNames).map(async ([former, now]) => {
    const path = join(project, former);
    const exists = await stat(path).catch(() => undefined);
    const message = `this file is not read; its name is \`${now}\` now`;
    const at = { path, range: startOfFile, keyPath: "" };
    return exists === undefined ? [] : [{ severity: "warning", code: "renamed", message, ...at }];
  });
  return (await Promise.all(entries)).flat() as Diagnostic[];
}
