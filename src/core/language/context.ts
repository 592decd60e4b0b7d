import type * as z from "zod";
import type { ConfigResult } from "#core/config/load.ts";
import { type KeySegments, parseKeyPath } from "#core/config/names/keyPath.ts";
import type { PresetTexts } from "#core/config/presets.ts";
import { type DocumentModel, isBelow, keysBelow } from "./model/model.ts";

/** An image that can be named without asking anybody outside this machine. */
export type KnownImage = { name: string; detail: string };
export type KnownFile = { name: string; isDirectory: boolean };

/** Everything that answers about one document depend on; who knows less gives empty lists. */
export type LanguageContext = {
  path: string;
  model: DocumentModel;
  /** What the document has to be: a configuration file, or the user's settings. */
  schema: z.ZodType;
  /** All files of the project together; absent for settings. */
  result?: ConfigResult;
  presets: PresetTexts;
  /** Names of the host's environment variables. */
  environment: readonly string[];
  images: readonly KnownImage[];
  /** Lists a directory of the host, as written in the document. */
  listFiles: (directory: string) => readonly KnownFile[];
  /** Address of a place in a file, as editors open it. */
  link: (path: string, line: number, column: number) => string;
  /** The same for a place in a preset. */
  presetLink: (preset: string, line: number) => string;
};

/** Names of entries below a key in the other files and presets, and in this document. */
export function knownNames(
  { model, result }: LanguageContext,
  parents: KeySegments,
): ReadonlySet<string> {
  const names = new Set(keysBelow(model, parents));
  for (const segments of result === undefined ? [] : keysOf(result)) {
    const name = segments[parents.length];
    if (typeof name === "string" && isBelow(segments, parents)) names.add(name);
  }
  return names;
}

/** One answer asks for the same keys many times. */
const keysByResult = new WeakMap<ConfigResult, readonly KeySegments[]>();

function keysOf(result: ConfigResult): readonly KeySegments[] {
  const known = keysByResult.get(result);
  if (known !== undefined) return known;
  const keys = [...result.origins.keys()].map((keyPath) => parseKeyPath(keyPath) ?? []);
  keysByResult.set(result, keys);
  return keys;
}
