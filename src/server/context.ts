import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { loadConfig } from "#core/config/load.ts";
import { presetTexts } from "#core/config/presets.generated.ts";
import { configFileSchema } from "#core/config/schema.ts";
import { settingsSchema } from "#core/config/settings.ts";
import type { ConfigSource } from "#core/config/types.ts";
import type { KnownFile, LanguageContext } from "#core/language/context.ts";
import { readModel } from "#core/language/model/read.ts";
import { hostFacts } from "./diagnose.ts";
import { storedImages } from "./images.ts";
import { kindOf, type OpenText, readSlots, resolved } from "./slotFiles.ts";

/** A document, and the files that make up the configuration together with it. */
export type DocumentContext = LanguageContext & { sources: readonly ConfigSource[] };

/** Everything an answer about one document needs; undefined for files that are none of ours. */
export async function contextOf(
  path: string,
  text: string,
  open: OpenText,
): Promise<DocumentContext | undefined> {
  const kind = kindOf(path);
  if (kind === undefined) return undefined;
  const own = kind === "project" ? await resolved(path) : path;
  const base: LanguageContext = {
    ...{ path: own, model: readModel(own, text), presets: presetTexts },
    schema: kind === "settings" ? settingsSchema : configFileSchema,
    environment: Object.keys(process.env).sort(),
    images: [],
    listFiles: (directory) => listFiles(dirname(own), directory),
    link: (target, line, column) => `${pathToFileURL(target).href}#${line},${column}`,
  };
  if (kind === "settings") return { ...base, sources: [] };
  const project = kind === "project" ? dirname(own) : undefined;
  const [{ sources }, images] = await Promise.all([readSlots(project, open), storedImages()]);
  return { ...base, sources, images, result: loadConfig(sources, hostFacts()) };
}

/** A directory as a configuration names it: `~` is the home, the rest starts in the project. */
function listFiles(project: string, directory: string): KnownFile[] {
  const path = directory.replace(/^~(?=\/|$)/, homedir());
  try {
    return readdirSync(resolve(project, path), { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isDirectory: entry.isDirectory(),
    }));
  } catch {
    // A directory that is not there, or not readable, has nothing to propose.
    return [];
  }
}
