import { type Document, isCollection, isScalar, parseDocument, visit } from "yaml";
import type { KeySegments } from "#core/config/names/keyPath.ts";
import { writeKey } from "../completion/items.ts";
import { type DocumentModel, isBelow, type ModelNode, nodeOf } from "../model/model.ts";
import { at, type Edit, intoBraces, lineEnd, trimmed } from "./edit.ts";

/** A value as written, so that it can be written somewhere else: a block has no indentation left. */
export function rawOf({ text, format }: DocumentModel, node: ModelNode): string {
  const { start, end } = trimmed(text, node.span);
  const raw = text.slice(start, end);
  const [first = "", ...rest] = raw.split("\n");
  if (format !== "yaml" || rest.length === 0) return raw;
  const indent = isBlock(raw)
    ? columnOf(text, start)
    : Math.min(...rest.filter(isText).map(indentOf));
  return [first, ...rest.map((line) => line.slice(Math.min(indent, indentOf(line))))].join("\n");
}

/** Adds a key where it belongs, with the tables around it that are not there yet. */
export function insertInYaml(model: DocumentModel, segments: KeySegments, raw: string): Edit[] {
  const { text } = model;
  const above = nearestAbove(model, segments);
  const missing = segments.slice(above?.segments.length ?? 0).map(String);
  const brace = above === undefined ? text.search(/\S/) : above.span.start;
  if (text[brace] === "{") return [intoBraces(text, brace, inFlow(missing, raw))];
  const children = childrenOf(model, above?.segments ?? []);
  const [first] = children;
  const last = children.at(-1);
  if (first !== undefined && last !== undefined) {
    const { end } = trimmed(text, last.whole);
    const block = inBlock(missing, raw, columnOf(text, first.whole.start));
    return [at(lineEnd(text, end), `\n${block}`)];
  }
  if (above?.keySpan === undefined) {
    const gap = text === "" || text.endsWith("\n") ? "" : "\n";
    return [at(text.length, `${gap}${inBlock(missing, raw, 0)}\n`)];
  }
  return intoEmpty(text, above, inBlock(missing, raw, columnOf(text, above.keySpan.start) + 2));
}

/** Below a key that has no value yet; one with another value is left alone. */
function intoEmpty(text: string, { span, keySpan }: ModelNode, block: string): Edit[] {
  const value = text.slice(span.start, span.end).trim();
  if (keySpan === undefined || !/^(~|null)?$/i.test(value)) return [];
  const nothing = value === "" ? [] : [{ span: trimmed(text, span), newText: "" }];
  return [...nothing, at(lineEnd(text, keySpan.end), `\n${block}`)];
}

function nearestAbove(model: DocumentModel, segments: KeySegments): ModelNode | undefined {
  for (let length = segments.length - 1; length > 0; length--) {
    const node = nodeOf(model, segments.slice(0, length));
    if (node !== undefined) return node;
  }
  return undefined;
}

function childrenOf({ nodes }: DocumentModel, parents: KeySegments): ModelNode[] {
  return nodes.filter(
    ({ segments }) => segments.length === parents.length + 1 && isBelow(segments, parents),
  );
}

/** Keys below one another, the last one with the value. */
export function inBlock(names: readonly string[], raw: string, indent: number): string {
  const lines = names.map((name, depth) => `${" ".repeat(indent + 2 * depth)}${yamlKey(name)}:`);
  const below = " ".repeat(indent + 2 * names.length);
  const [first = "", ...rest] = raw.split("\n");
  const indented = rest.map((line) => (isText(line) ? below + line : line));
  if (isBlock(raw)) return [...lines, below + first, ...indented].join("\n");
  return [`${lines.join("\n")} ${first}`, ...indented].join("\n");
}

/** The same within braces. */
function inFlow(names: readonly string[], raw: string): string {
  const [name = "", ...rest] = names;
  const value = rest.length === 0 ? flowOf(raw) : `{ ${inFlow(rest, raw)} }`;
  return `${yamlKey(name)}: ${value}`;
}

/** A block that names what stands elsewhere in its file cannot be written in another form. */
export class NotAlone extends Error {}

/** A value in the form that it can have inside of brackets. */
export function flowOf(raw: string): string {
  const document = parseDocument(raw, { logLevel: "silent" });
  const { contents } = document;
  const isPlain = isScalar(contents) && contents.type === "PLAIN";
  const isLong = isScalar(contents) && /^[|>]/.test(raw);
  const isSplit = isPlain && /[,[\]{}\n]/.test(raw);
  if (!isBlock(raw) && !isLong && !isSplit) return raw;
  if (hasAlias(document)) throw new NotAlone(raw);
  return JSON.stringify(document.toJS());
}

function hasAlias(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias() {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** A list or table without brackets. */
function isBlock(raw: string): boolean {
  const { contents } = parseDocument(raw, { logLevel: "silent" });
  return isCollection(contents) && contents.flow !== true;
}

function yamlKey(name: string): string {
  return writeKey(name, "yaml");
}

function isText(line: string): boolean {
  return line.trim() !== "";
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}
