import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";

/** Offsets into the text, in UTF-16 units; the end is not part of the span. */
export type Span = { start: number; end: number };

/** One key, table, list or list element as written, also in a text with errors elsewhere. */
export type ModelNode = {
  segments: KeySegments;
  kind: "table" | "list" | "value";
  /** The value; for a table with a header or a dotted key, its last name there. */
  span: Span;
  /** The last segment of the key, with its quotes; absent for list elements. */
  keySpan?: Span;
  /** Everything that has to go to remove the key; for a header all lines up to the next one. */
  whole: Span;
  /** Whether the table has a `[header]` of its own. */
  isHeader?: boolean;
};

/** What somebody who types at an offset is about to write. */
export type Place =
  /** The name in a TOML header; `span` is all that stands between the brackets. */
  | { role: "header"; span: Span; isClosed: boolean }
  | {
      role: "key";
      parents: KeySegments;
      /** What to replace: the segment under the cursor, with its quotes. */
      span: Span;
      /** Whether a value follows already. */
      hasValue: boolean;
      /** Whether a TOML header could stand here as well. */
      startsLine: boolean;
    }
  | {
      role: "value";
      segments: KeySegments;
      /** What to replace: the whole value, with its quotes. */
      span: Span;
      /** The quotes around the value; empty for a bare one. */
      quote: string;
      /** What stands between the opening quote and the cursor. */
      typed: string;
    }
  | { role: "none" };

export type ModelFormat = "toml" | "json" | "yaml";

/** A configuration text taken apart as far as it goes; never fails. */
export type DocumentModel = {
  format: ModelFormat;
  text: string;
  /** In the order of the text. */
  nodes: readonly ModelNode[];
  /** By key path; of a key set twice, the last one. */
  byPath: ReadonlyMap<string, ModelNode>;
  placeAt: (offset: number) => Place;
};

export function nodeOf(model: DocumentModel, segments: KeySegments): ModelNode | undefined {
  return model.byPath.get(formatKeyPath(segments));
}

/** What a text stands for that is written without escapes. */
export function unquoted({ text }: DocumentModel, { start, end }: Span): string {
  return text.slice(start, end).replace(/^(["'])(.*)\1$/, "$2");
}

/** The names directly below a table. */
export function keysBelow(model: DocumentModel, parents: KeySegments): string[] {
  const names = new Set<string>();
  for (const { segments } of model.nodes) {
    // Whatever is further below stands in a table that has a node, too.
    if (segments.length !== parents.length + 1) continue;
    const name = segments[parents.length];
    if (typeof name === "string" && isBelow(segments, parents)) names.add(name);
  }
  return [...names];
}

export function isBelow(segments: KeySegments, parents: KeySegments): boolean {
  if (segments.length <= parents.length) return false;
  // Every answer asks this of every key, so nothing is made for it.
  for (let index = 0; index < parents.length; index++) {
    if (segments[index] !== parents[index]) return false;
  }
  return true;
}

/** The innermost key whose name or value holds the offset. */
export function nodeAtOffset(model: DocumentModel, offset: number): ModelNode | undefined {
  let found: ModelNode | undefined;
  for (const node of model.nodes) {
    const touches = contains(node.span, offset) || (node.keySpan && contains(node.keySpan, offset));
    if (touches && (found === undefined || node.segments.length >= found.segments.length)) {
      found = node;
    }
  }
  return found;
}

export function contains({ start, end }: Span, offset: number): boolean {
  return start <= offset && offset <= end;
}
