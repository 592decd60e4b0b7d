import { getLocation, type Node, parseTree } from "jsonc-parser";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { DocumentModel, ModelNode, Place, Span } from "./model.ts";

export function jsonModel(text: string): DocumentModel {
  const reader = new JsonNodes();
  const root = readTree(text);
  if (root !== undefined) reader.readChildren(root, []);
  const { nodes, byPath } = reader;
  return { format: "json", text, nodes, byPath, placeAt: (offset) => placeAt(text, offset) };
}

/** The parser recurses, and a hostile text can exhaust the stack. */
function readTree(text: string): Node | undefined {
  try {
    return parseTree(text, [], { allowTrailingComma: true });
  } catch {
    // Nothing is known of such a text, and everything else goes on.
    return undefined;
  }
}

class JsonNodes {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();

  readChildren(parent: Node, segments: KeySegments): void {
    for (const [index, child] of (parent.children ?? []).entries()) {
      if (parent.type === "array") this.readNode(child, [...segments, index]);
      if (parent.type !== "object") continue;
      const [key, value] = child.children ?? [];
      if (key === undefined || value === undefined) continue;
      this.readNode(value, [...segments, String(key.value)], key);
    }
  }

  private readNode(value: Node, segments: KeySegments, key?: Node): void {
    const span = spanOf(value);
    const whole = { start: key?.offset ?? span.start, end: span.end };
    const node: ModelNode = { segments, kind: kindOf(value), span, whole };
    if (key !== undefined) node.keySpan = spanOf(key);
    this.nodes.push(node);
    this.byPath.set(formatKeyPath(segments), node);
    this.readChildren(value, segments);
  }
}

function kindOf({ type }: Node): ModelNode["kind"] {
  if (type === "object") return "table";
  return type === "array" ? "list" : "value";
}

function spanOf({ offset, length }: Node): Span {
  return { start: offset, end: offset + length };
}

function placeAt(text: string, offset: number): Place {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const isInside =
    previousNode !== undefined &&
    previousNode.offset <= offset &&
    offset <= previousNode.offset + previousNode.length;
  const span = isInside ? spanOf(previousNode) : wordAt(text, offset);
  if (isAtPropertyKey) {
    const hasValue = /^\s*:/.test(text.slice(span.end, span.end + 200));
    return { role: "key", parents: path.slice(0, -1), span, hasValue, startsLine: false };
  }
  if (path.length === 0 || isBehind(text, span)) return { role: "none" };
  const quote = text[span.start] === '"' ? '"' : "";
  const typed = text.slice(Math.min(offset, span.start + quote.length), offset);
  return { role: "value", segments: path, span, quote, typed };
}

function wordAt(text: string, offset: number): Span {
  const before = text.slice(0, offset).match(/[\w"-]*$/)?.[0].length ?? 0;
  const after = text.slice(offset).match(/^[\w-]*/)?.[0].length ?? 0;
  return { start: offset - before, end: offset + after };
}

/** Behind a value, before its comma, nothing can be written. */
function isBehind(text: string, { start }: Span): boolean {
  return /["\w\]}]$/.test(text.slice(Math.max(0, start - 200), start).trimEnd());
}
