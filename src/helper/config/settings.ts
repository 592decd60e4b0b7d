import { join } from "node:path";
import type { SettingsResult } from "#core/config/settings.ts";
import { slotFiles } from "#core/config/slots.ts";
import type { Diagnostic, NotActive } from "#core/config/types.ts";
import { userDir } from "../paths.ts";
import { type FoundFile, readFirst, unreadable } from "./textFile.ts";

/** Reads `~/.airlock/settings.<extension>`. Without a file everything has its default. */
export async function readSettings(): Promise<SettingsResult> {
  return evaluate(findFile());
}

/**
 * What is wrong with the settings. Every command asks, so the common case of no file costs no more than
 * looking for it.
 */
export async function settingsErrors(): Promise<Diagnostic[]> {
  const found = findFile();
  if (found === undefined) return [];
  const { diagnostics } = await evaluate(found);
  return diagnostics.filter(({ severity }) => severity === "error");
}

/** Settings in force whose feature this version does not have yet. */
export async function settingsNotActive(): Promise<NotActive[]> {
  const found = findFile();
  return found === undefined ? [] : (await evaluate(found)).notActive;
}

function findFile(): FoundFile | undefined {
  return readFirst(slotFiles({ stem: join(userDir(), "settings") }));
}

async function evaluate(found: FoundFile | undefined): Promise<SettingsResult> {
  if (found !== undefined && "problem" in found) {
    return {
      settings: undefined,
      diagnostics: [unreadable(found.path, found.problem)],
      notActive: [],
    };
  }
  const { loadSettings } = await import("#core/config/settings.ts");
  return loadSettings(found);
}
