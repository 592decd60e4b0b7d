import type { DocumentModel, ModelNode, Place } from "./model.ts";
import { scanToml } from "./tomlTables.ts";

export function tomlModel(text: string): DocumentModel {
  const tables = scanToml(text);
  const { nodes, byPath } = tables;
  return { format: "toml", text, nodes, byPath, placeAt };

  function placeAt(offset: number): Place {
    return tables.placeAt(offset) ?? emptyLine(text, nodes, offset);
  }
}

/** Where nothing stands, the next key of the table above can; but not behind something else. */
function emptyLine(text: string, nodes: readonly ModelNode[], offset: number): Place {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  if (text.slice(lineStart, offset).trim() !== "") return { role: "none" };
  const header = nodes.findLast(({ isHeader, whole }) => isHeader && whole.start < offset);
  const next = text.slice(offset).match(/^[^\n]*/)?.[0] ?? "";
  if (next.trim() !== "" && !next.trimStart().startsWith("#")) return { role: "none" };
  const span = { start: offset, end: offset };
  const parents = header?.segments ?? [];
  return { role: "key", parents, span, hasValue: false, startsLine: true };
}
