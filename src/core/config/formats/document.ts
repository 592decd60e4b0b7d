import type { ConfigScope } from "../types.ts";
import { startOfFile } from "../types.ts";
import { readJson } from "./json.ts";
import { readToml } from "./toml.ts";
import { type Document, type Table, TreeBuilder } from "./tree.ts";
import { readYaml } from "./yaml.ts";

/** Longer than any configuration. */
export const maxTextLength = 1024 * 1024;

/** Reads one configuration text; the format follows from the extension of its path. Never throws. */
export function readDocument(source: { scope: ConfigScope; path: string; text: string }): Document {
  const builder = new TreeBuilder(source.scope, source.path);
  const text = source.text.replace(/^\uFEFF/, "");
  const root = text.length > maxTextLength ? tooLarge(builder) : readGuarded(text, builder);
  return builder.document(root);
}

function readGuarded(text: string, builder: TreeBuilder): Table | undefined {
  try {
    return readerFor(builder.path)(text, builder);
  } catch (error) {
    // Parsers recurse: a hostile text can exhaust the stack, and that is the text's fault too.
    reportWhole(builder, error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

function readerFor(path: string): (text: string, builder: TreeBuilder) => Table | undefined {
  if (path.endsWith(".json")) return readJson;
  if (path.endsWith(".yaml") || path.endsWith(".yml")) return readYaml;
  return readToml;
}

function tooLarge(builder: TreeBuilder): undefined {
  reportWhole(builder, "larger than 1 MiB");
}

function reportWhole(builder: TreeBuilder, detail: string): void {
  const message = `the file cannot be read as configuration: ${detail}`;
  builder.error("unreadable", { range: startOfFile, keyPath: "" }, message);
}
