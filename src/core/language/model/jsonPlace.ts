import { getLocation } from "jsonc-parser";
import type { Place, Span } from "./model.ts";

/** JSON has no headers. */
export type JsonPlace = Exclude<Place, { role: "header" }>;

export function jsonPlaceAt(text: string, offset: number): JsonPlace {
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

function spanOf({ offset, length }: { offset: number; length: number }): Span {
  return { start: offset, end: offset + length };
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
