import { modify } from "jsonc-parser";
import type { KeySegments } from "#core/config/names/keyPath.ts";
import { writeKey } from "../completion/items.ts";
import { type DocumentModel, isBelow, type ModelNode, nodeOf, type Span } from "../model/model.ts";
import { readModel } from "../model/read.ts";
import { at, type Edit, intoBraces, lineEnd, trimmed } from "./edit.ts";
import { insertInYaml } from "./yamlEdits.ts";

export function renameKey(model: DocumentModel, node: ModelNode, name: string): Edit[] {
  return node.keySpan ? [{ span: node.keySpan, newText: writeKey(name, model.format) }] : [];
}

/** Takes a key or an element of a list out, with its line when nothing else stands there. */
export function removeKey(model: DocumentModel, node: ModelNode): Edit[] {
  const { text, format } = model;
  if (format === "json") return removeFromJson(text, node.whole);
  const whole = trimmed(text, node.whole);
  const start = text.lastIndexOf("\n", whole.start - 1) + 1;
  const end = lineEnd(text, whole.end);
  const before = text.slice(start, whole.start);
  const after = text.slice(whole.end, end);
  const isAlone = /^\s*(-\s+)?$/.test(before) && (format === "yaml" || before.trim() === "");
  if (isAlone && /^\s*,?\s*(#.*)?$/.test(after)) {
    return [{ span: { start, end: Math.min(text.length, end + 1) }, newText: "" }];
  }
  const comma = /^\s*,\s?/.exec(after)?.[0].length ?? 0;
  const leading = comma === 0 ? (/,\s*$/.exec(before)?.[0].length ?? 0) : 0;
  return [{ span: { start: whole.start - leading, end: whole.end + comma }, newText: "" }];
}

/** Goes with the comma behind it, or else with the one before it. */
function removeFromJson(text: string, { start, end }: Span): Edit[] {
  const behind = /^\s*,\s*/.exec(text.slice(end, end + 1000))?.[0].length ?? 0;
  const before = behind > 0 ? undefined : /\s*,\s*$/.exec(text.slice(0, start));
  return [{ span: { start: before?.index ?? start, end: end + behind }, newText: "" }];
}

/** Adds a key with a value as written, in the table where it belongs; makes the table if needed. */
export function insertKey(model: DocumentModel, segments: KeySegments, raw: string): Edit[] {
  switch (model.format) {
    case "json":
      return jsonEdits(model.text, segments, parseJson(raw));
    case "yaml":
      return insertInYaml(model, segments, raw);
    case "toml":
      return insertInToml(model, segments, raw);
  }
}

/** Two changes as one: the second is made to what the first leaves. */
export function inTurn(
  model: DocumentModel,
  first: readonly Edit[],
  second: (changed: DocumentModel) => readonly Edit[],
): Edit[] {
  const changed = readModel(`x.${model.format}`, applyEdits(model.text, first));
  return difference(model.text, applyEdits(changed.text, second(changed)));
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.span.start - a.span.start)
    .reduce(
      (all, { span, newText }) => all.slice(0, span.start) + newText + all.slice(span.end),
      text,
    );
}

/** The one edit between two texts: everything but what they begin and end with alike. */
function difference(before: string, after: string): Edit[] {
  if (before === after) return [];
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same++;
  const span = { start, end: before.length - same };
  return [{ span, newText: after.slice(start, after.length - same) }];
}

function insertInToml(model: DocumentModel, segments: KeySegments, raw: string): Edit[] {
  const { text } = model;
  const parents = segments.slice(0, -1);
  const line = `${writeKey(String(segments.at(-1)), "toml")} = ${raw}`;
  if (parents.length === 0) return [at(0, `${line}\n`)];
  const table = nodeOf(model, parents);
  if (table?.isHeader) return [at(lineEnd(text, table.whole.end), `\n${line}`)];
  if (table !== undefined && text[table.span.start] === "{")
    return [intoBraces(text, table.span.start, line)];
  const gap = text === "" || text.endsWith("\n") ? "" : "\n";
  const dotted = model.nodes.findLast(
    (node) => isBelow(node.segments, parents) && node.kind !== "table",
  );
  const above = dotted === undefined ? 0 : headerOf(model, dotted).length;
  if (table !== undefined && dotted !== undefined && above < parents.length) {
    return [at(lineEnd(text, dotted.whole.end), `\n${tomlKey(parents.slice(above))}.${line}`)];
  }
  return [at(text.length, `${gap}${text === "" ? "" : "\n"}[${tomlKey(parents)}]\n${line}\n`)];
}

export function tomlKey(segments: KeySegments): string {
  return segments.map((segment) => writeKey(String(segment), "toml")).join(".");
}

/** The table that a key counts from. */
function headerOf({ nodes }: DocumentModel, { whole }: ModelNode): KeySegments {
  const header = nodes.findLast((node) => node.isHeader && node.whole.start < whole.start);
  return header?.segments ?? [];
}

function jsonEdits(text: string, path: KeySegments, value: unknown): Edit[] {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  try {
    return modify(text, [...path], value, { formattingOptions }).map((edit) => ({
      span: { start: edit.offset, end: edit.offset + edit.length },
      newText: edit.content,
    }));
  } catch {
    // A text too broken to be changed safely is left alone.
    return [];
  }
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    // What is no JSON value stays the text that it is.
    return raw;
  }
}
