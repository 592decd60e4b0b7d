import type * as z from "zod";
import type { ConfigResult } from "#core/config/load.ts";
import type { KeySegments } from "#core/config/names/keyPath.ts";
import type { PresetTexts } from "#core/config/presets.ts";
import type { KeysBeside } from "./beside.ts";
import { type DocumentModel, keysBelow } from "./model/model.ts";

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
  /** The same without this document: what proposals need of it. */
  beside?: KeysBeside;
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
  { model, beside }: LanguageContext,
  parents: KeySegments,
): ReadonlySet<string> {
  return new Set([...keysBelow(model, parents), ...(beside?.names(parents) ?? [])]);
}
