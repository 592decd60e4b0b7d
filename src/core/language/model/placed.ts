import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { ModelNode, Span } from "./model.ts";

/** A part of a text with places counted from its beginning, and keys from the table it is about. */
export type TextPart = { nodes: readonly ModelNode[] };

/** The nodes of a part as those of a whole text, with their key paths. */
export type PlacedNodes = {
  start: number;
  table: KeySegments;
  nodes: ModelNode[];
  keyPaths: string[];
};

/** A part that stands where it stood has the same nodes; most of a text has while somebody types. */
const lastPlaced = new WeakMap<TextPart, PlacedNodes>();

export function placed(part: TextPart, start: number, table: KeySegments): PlacedNodes {
  const known = lastPlaced.get(part);
  const isSameTable = known !== undefined && isSame(known.table, table);
  if (isSameTable && known.start === start) return known;
  const nodes = part.nodes.map((node, index) => {
    const segments = isSameTable ? known.nodes[index]?.segments : undefined;
    return movedNode(node, start, segments ?? [...table, ...node.segments]);
  });
  const keyPaths = isSameTable
    ? known.keyPaths
    : nodes.map(({ segments }) => formatKeyPath(segments));
  const result = { start, table, nodes, keyPaths };
  lastPlaced.set(part, result);
  return result;
}

function isSame(one: KeySegments, other: KeySegments): boolean {
  if (one === other) return true;
  return one.length === other.length && one.every((segment, index) => segment === other[index]);
}

function movedNode(node: ModelNode, by: number, segments: KeySegments): ModelNode {
  const { kind, span, keySpan, whole, isHeader } = node;
  const moved: ModelNode = {
    ...{ segments, kind, span: movedSpan(span, by), whole: movedSpan(whole, by) },
  };
  if (keySpan !== undefined) moved.keySpan = movedSpan(keySpan, by);
  if (isHeader !== undefined) moved.isHeader = isHeader;
  return moved;
}

export function movedSpan({ start, end }: Span, by: number): Span {
  return { start: start + by, end: end + by };
}
