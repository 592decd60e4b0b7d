import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { parseYaml } from "#core/config/formats/parseYaml.ts";
import { parseWholeYaml } from "#core/config/formats/yaml.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import { contains, type DocumentModel, type ModelNode, type Place, type Span } from "./model.ts";
import { placed } from "./placed.ts";
import { alone, RecentParts } from "./recent.ts";
import { type YamlPart, yamlParts } from "./yamlParts.ts";

export function yamlModel(text: string): DocumentModel {
  const { nodes, byPath } = readNodes(text);
  return { format: "yaml", text, nodes, byPath, placeAt: (offset) => placeAt(text, nodes, offset) };
}

/** Reads a text part by part where that means the same: the parts that nobody types in are known. */
function readNodes(text: string): Pick<DocumentModel, "nodes" | "byPath"> {
  const parts = yamlParts(text);
  const joined = new JoinedNodes(text);
  return parts !== undefined && joined.add(parts, []) ? joined : readWhole(text);
}

type PartNodes = { nodes: readonly ModelNode[]; end: number };

const recent = new RecentParts<PartNodes | "unclear">();

class JoinedNodes {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();
  /** Where the last part ends, without what follows its last value. */
  private end = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Whether all parts are clear by themselves. */
  add(parts: readonly YamlPart[], table: KeySegments): boolean {
    return parts.every(({ span, key, below }) =>
      below === undefined ? this.addPart(span, table) : this.addParent(key, below, table),
    );
  }

  private addParent(key: Span, below: readonly YamlPart[], table: KeySegments): boolean {
    const segments = [...table, alone(this.text.slice(key.start, key.end))];
    const node: ModelNode = {
      ...{ segments, kind: "table", keySpan: key },
      ...{ span: { start: below[0]?.key.start ?? key.end, end: 0 }, whole: { ...key } },
    };
    this.addNode(node, formatKeyPath(segments));
    const isClear = this.add(below, segments);
    node.span.end = this.end;
    node.whole.end = this.end;
    return isClear;
  }

  private addPart({ start, end }: Span, table: KeySegments): boolean {
    const text = this.text.slice(start, end);
    const part = recent.of(text, readPart);
    if (part === "unclear") return false;
    const { nodes, keyPaths } = placed(part, start, table);
    for (const [index, node] of nodes.entries()) this.addNode(node, keyPaths[index] ?? "");
    this.end = start + part.end;
    return true;
  }

  private addNode(node: ModelNode, keyPath: string): void {
    this.nodes.push(node);
    this.byPath.set(keyPath, node);
  }
}

/** A part with errors can be meant to go on in the next one, unless it has nothing that could. */
function readPart(text: string): PartNodes | "unclear" {
  const { contents, errors } = parseYaml(text);
  const isClear = errors.length === 0 || text.split("\n").every((line) => simpleLine.test(line));
  if (!isClear || !isMap(contents) || contents.items.length !== 1) return "unclear";
  const reader = new YamlNodes(text.length);
  reader.readChildren(contents, []);
  return { nodes: reader.nodes, end: Math.min(contents.range[1], text.length) };
}

const simpleLine =
  /^ *(?:- +)*(?:[\w.-]+:(?: +|(?=\r?$)))?(?:[\w./@$+-][\w./:@*$+-]*)? *(?:#.*)?\r?$/;

function readWhole(text: string): YamlNodes {
  const reader = new YamlNodes(text.length);
  try {
    reader.readChildren(parseWholeYaml(text).contents, []);
  } catch {
    // The library gives up on some texts; what was read until then is what is known.
  }
  return reader;
}

/** Keys of merged maps (`<<`) stand where they are written, and there only. */
class YamlNodes {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();

  private readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  readChildren(parent: unknown, segments: KeySegments): void {
    if (isSeq(parent)) {
      for (const [index, item] of parent.items.entries()) {
        this.readNode(item, [...segments, index], undefined);
      }
    }
    if (!isMap(parent)) return;
    for (const { key, value } of parent.items) {
      const name = isScalar(key) ? String(key.value ?? "") : String(key ?? "");
      const keySpan = spanOf(key);
      if (name !== "<<" && keySpan !== undefined) {
        this.readNode(value, [...segments, name], keySpan);
      }
    }
  }

  private readNode(value: unknown, segments: KeySegments, keySpan: Span | undefined): void {
    const behindKey = keySpan && { start: keySpan.end + 1, end: keySpan.end + 1 };
    const written = spanOf(value) ?? behindKey;
    if (written === undefined) return;
    // The library counts a line break at the end of the text that is not there.
    const end = Math.min(written.end, this.length);
    const span = { start: Math.min(written.start, end), end };
    const kind = isMap(value) ? "table" : isSeq(value) ? "list" : "value";
    const whole = { start: keySpan?.start ?? span.start, end: Math.max(span.end, span.start) };
    const node: ModelNode = { segments, kind, span, whole };
    if (keySpan !== undefined) node.keySpan = keySpan;
    this.nodes.push(node);
    this.byPath.set(formatKeyPath(segments), node);
    this.readChildren(value, segments);
  }
}

function spanOf(node: unknown): Span | undefined {
  const range = (node as Partial<ParsedNode> | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

/** Stands for what is typed next, so that the parser says where it would belong. */
const cursorMark = "airlock-cursor-mark";

function placeAt(whole: string, nodes: readonly ModelNode[], at: number): Place {
  const { text, removed } = aroundCursor(whole, nodes, at);
  const place = placeIn(text, at - removed);
  if (place.role === "none") return place;
  const { start, end } = place.span;
  return { ...place, span: { start: start + removed, end: end + removed } };
}

function placeIn(text: string, offset: number): Place {
  const start = wordStart(text, offset);
  const rest = /^[\w./~-]*(?::[\w./~@-]+)*/.exec(text.slice(offset));
  const end = offset + (rest?.[0].length ?? 0);
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(lineStart, start);
  if (/(^|\s)#/.test(line.replace(/"[^"]*"|'[^']*'/g, ""))) return { role: "none" };
  const marked = readWhole(text.slice(0, start) + cursorMark + text.slice(end));
  const replaced = { start, end };
  const node = marked.nodes.find((each) => holdsMark(each, start));
  const quote = /["']$/.exec(line)?.[0] ?? "";
  const span = widen(text, replaced, quote);
  if (node === undefined) return topLevel(line, span);
  const isKey = node.keySpan !== undefined && node.keySpan.start + quote.length === start;
  const hasValue = /^["']?[ \t]*:/.test(text.slice(end, end + 100));
  if (isKey) {
    const parents = node.segments.slice(0, -1);
    return { role: "key", parents, span, hasValue, startsLine: false };
  }
  // A word alone on its line below a key is what a key of a table begins as.
  if (line.trim() === "" && quote === "" && typeof node.segments.at(-1) === "string") {
    return { role: "key", parents: node.segments, span, hasValue, startsLine: false };
  }
  const typed = text.slice(start, offset);
  return { role: "value", segments: node.segments, span, quote, typed };
}

/**
 * The lines that decide where the cursor is: its own, those it is indented under, and the elements of a
 * list before it. The rest of a long file would only be parsed once more at every key.
 */
function aroundCursor(text: string, nodes: readonly ModelNode[], offset: number) {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const lineEnd = text.indexOf("\n", offset);
  const own = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  if (isInsideSomething(text, nodes, offset)) return { text, removed: 0 };
  const above = linesAbove(text, { lineStart, own, column: offset - lineStart });
  if (above === undefined) return { text, removed: 0 };
  return { text: above + own, removed: lineStart - above.length };
}

/** Brackets, quotes and blocks over several lines have rules of their own. */
function isInsideSomething(text: string, nodes: readonly ModelNode[], offset: number): boolean {
  return nodes.some(({ kind, span }) => {
    if (!contains(span, offset)) return false;
    const isBlock = kind !== "value" && !/[[{]/.test(text[span.start] ?? "");
    return !isBlock && text.slice(span.start, span.end).trimEnd().includes("\n");
  });
}

/** Undefined where the lines above do not have the plain form that lines of a configuration have. */
function linesAbove(
  text: string,
  { lineStart, own, column }: { lineStart: number; own: string; column: number },
): string | undefined {
  let above = "";
  let below = { indent: own.trim() === "" ? column : indentOf(own), isElement: isElement(own) };
  for (let end = lineStart - 1; end > 0 && (below.indent > 0 || below.isElement); ) {
    const start = text.lastIndexOf("\n", end - 1) + 1;
    const line = text.slice(start, end);
    end = start - 1;
    if (!decides(line, below)) continue;
    const indent = indentOf(line);
    const plain = indent === below.indent ? plainElement : plainParent;
    if (!plain.test(line)) return undefined;
    below = { indent, isElement: indent === below.indent };
    above = `${line}\n${above}`;
  }
  return above;
}

const plainElement = /^\s*- [\w./:@*-]+\s*$/;
const plainParent = /^\s*[\w.-]+:\s*(#.*)?$/;

function decides(line: string, below: { indent: number; isElement: boolean }): boolean {
  if (/^\s*(#|$)/.test(line)) return false;
  const indent = indentOf(line);
  return indent < below.indent || (indent === below.indent && below.isElement);
}

function isElement(line: string): boolean {
  return /^\s*-(\s|$)/.test(line);
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}

function holdsMark(node: ModelNode, start: number): boolean {
  const end = start + cursorMark.length;
  const { keySpan, span, kind } = node;
  if (keySpan !== undefined && keySpan.start <= start && end <= keySpan.end) return true;
  return kind === "value" && span.start <= start && end <= span.end;
}

function topLevel(line: string, span: Span): Place {
  if (line !== "") return { role: "none" };
  return { role: "key", parents: [], span, hasValue: false, startsLine: false };
}

function wordStart(text: string, offset: number): number {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(lineStart, offset);
  // Behind a key, colons belong to the value: `image: alpine:3`.
  const value = /(?:[:[-]\s+|["'])([\w./~$*-]+(?::[\w./~$@*-]*)+)$/.exec(line)?.[1];
  return offset - (value ?? line.match(/(?:\$\{|[\w./~$-])*$/)?.[0] ?? "").length;
}

function widen(text: string, { start, end }: Span, quote: string): Span {
  if (quote === "") return { start, end };
  return { start: start - 1, end: text[end] === quote ? end + 1 : end };
}
