import { isMap, isScalar, isSeq, type ParsedNode, parseDocument } from "yaml";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { DocumentModel, ModelNode, Place, Span } from "./model.ts";

export function yamlModel(text: string): DocumentModel {
  const { nodes, byPath } = readNodes(text);
  return { format: "yaml", text, nodes, byPath, placeAt: (offset) => placeAt(text, offset) };
}

function readNodes(text: string): YamlNodes {
  const reader = new YamlNodes(text.length);
  try {
    const { contents } = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
    reader.readChildren(contents, []);
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

function placeAt(text: string, offset: number): Place {
  const start = wordStart(text, offset);
  const end = offset + (text.slice(offset).match(/^[\w./~-]*/)?.[0].length ?? 0);
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(lineStart, start);
  if (/(^|\s)#/.test(line.replace(/"[^"]*"|'[^']*'/g, ""))) return { role: "none" };
  const marked = readNodes(text.slice(0, start) + cursorMark + text.slice(end));
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
  return offset - (text.slice(0, offset).match(/[\w./~$-]*$/)?.[0].length ?? 0);
}

function widen(text: string, { start, end }: Span, quote: string): Span {
  if (quote === "") return { start, end };
  return { start: start - 1, end: text[end] === quote ? end + 1 : end };
}
