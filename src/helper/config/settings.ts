import { join } from "node:path";
import { loadSettings, type SettingsResult } from "#core/config/settings.ts";
import { slotFiles } from "#core/config/slots.ts";
import { userDir } from "../paths.ts";
import { readFirst, unreadable } from "./textFile.ts";

/** Reads `~/.airlock/settings.<extension>`. Without a file everything has its default. */
export async function readSettings(): Promise<SettingsResult> {
  const found = await readFirst(slotFiles({ stem: join(userDir(), "settings") }));
  if (found === undefined || "text" in found) return loadSettings(found);
  return { settings: undefined, diagnostics: [unreadable(found.path, found.problem)] };
}
