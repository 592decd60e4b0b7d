import type { KeySegments } from "#core/config/names/keyPath.ts";
import { writeKey } from "../completion/items.ts";
import { type DocumentModel, isBelow, type ModelNode, nodeOf } from "../model/model.ts";
import { mappedText } from "../strings/read.ts";
import { type Edit, trimmed } from "./edit.ts";
import { inBlock, rawOf } from "./yamlEdits.ts";

/** A list of tables as a table of named ones; undefined where that cannot be written. */
export function nameElements(model: DocumentModel, list: KeySegments): Edit[] | undefined {
  const found = elementsOf(model, list);
  if (found.length === 0 || found.some(({ kind }) => kind !== "table")) return undefined;
  const names = new Map<ModelNode, string>();
  for (const each of found) names.set(each, nameOf(model, each, [...names.values()]));
  if (model.format === "toml" && found.every(({ isHeader }) => isHeader)) {
    return [...names].flatMap(([{ segments }, name]) =>
      renameHeaders(model, segments, [...list, name]),
    );
  }
  const node = nodeOf(model, list);
  const edit = node && namedText(model, node, names);
  return edit && [edit];
}

/** The direct elements of a list, also of one that is made of headers. */
export function elementsOf({ nodes }: DocumentModel, list: KeySegments): ModelNode[] {
  return nodes.filter(
    ({ segments }) =>
      segments.length === list.length + 1 &&
      typeof segments.at(-1) === "number" &&
      isBelow(segments, list),
  );
}

/** What the element calls itself, or else its number. */
function nameOf(model: DocumentModel, element: ModelNode, taken: readonly string[]): string {
  const { segments } = element;
  const own = nodeOf(model, [...segments, "name"]);
  const text = own?.kind === "value" ? mappedText(model, own.span).text : "";
  const list = String(segments.at(-2)).replace(/s$/, "");
  const base = /^[\w-]{1,100}$/.test(text) ? text : `${list}-${Number(segments.at(-1)) + 1}`;
  return freeName(model, [...segments.slice(0, -1), base], taken);
}

/** The last name of a key, with a number where something has it already. */
export function freeName(
  model: DocumentModel,
  wanted: KeySegments,
  taken: readonly string[],
): string {
  const parents = wanted.slice(0, -1);
  const base = String(wanted.at(-1));
  let name = base;
  for (let n = 2; taken.includes(name) || nodeOf(model, [...parents, name]); n++) {
    name = `${base}-${n}`;
  }
  return name;
}

/** Gives the headers of a table and of those below it another name. */
export function renameHeaders(model: DocumentModel, from: KeySegments, to: KeySegments): Edit[] {
  return model.nodes
    .filter(({ segments, isHeader }) => isHeader && (segments === from || isBelow(segments, from)))
    .map(({ segments, whole, keySpan }) => {
      const below = segments.slice(from.length);
      const names = [...to, ...below].filter((each) => typeof each === "string");
      const key = names.map((name) => writeKey(name, "toml")).join(".");
      const isList = typeof below.at(-1) === "number";
      const behind = keySpan?.end ?? whole.start;
      const closing = /^[ \t]*\]*/.exec(model.text.slice(behind, behind + 100))?.[0].length ?? 0;
      const span = { start: whole.start, end: behind + closing };
      return { span, newText: isList ? `[[${key}]]` : `[${key}]` };
    });
}

function namedText(
  model: DocumentModel,
  node: ModelNode,
  names: ReadonlyMap<ModelNode, string>,
): Edit | undefined {
  const { format, text } = model;
  const span = trimmed(text, node.span);
  const entries = [...names].map(([each, name]): [string, string] => [name, rawOf(model, each)]);
  if (format === "yaml" && text[node.span.start] !== "[") {
    const start = text.lastIndexOf("\n", span.start - 1) + 1;
    const key = node.keySpan?.start ?? 0;
    // The list itself may be indented no further than its key.
    const indent = key - (text.lastIndexOf("\n", key - 1) + 1) + 2;
    const blocks = entries.map(([name, raw]) => inBlock([name], raw, indent));
    return { span: { start, end: span.end }, newText: blocks.join("\n") };
  }
  if (format === "toml" && text.slice(span.start, span.end).includes("\n")) return undefined;
  const between = format === "toml" ? " = " : ": ";
  const pairs = entries.map(([name, raw]) => writeKey(name, format) + between + raw);
  return { span, newText: `{ ${pairs.join(", ")} }` };
}
