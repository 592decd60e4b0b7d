import { formatKeyPath } from "#core/config/names/keyPath.ts";
import { type DocumentModel, isBelow, type ModelNode, type Span } from "./model/model.ts";

/** A key in the outline, with the keys below it. */
export type OutlineItem = {
  name: string;
  kind: ModelNode["kind"];
  /** The whole statement; never smaller than what is below it. */
  span: Span;
  nameSpan: Span;
  children: OutlineItem[];
};

/** The outline of a document: what belongs to a table stands below it, wherever it is written. */
export function symbolsOf(model: DocumentModel): OutlineItem[] {
  const roots: OutlineItem[] = [];
  const open: { node: ModelNode; symbol: OutlineItem }[] = [];
  for (const node of model.nodes) {
    const { keySpan, segments, whole, kind } = node;
    if (keySpan === undefined) continue;
    while (open.length > 0 && !fits(open.at(-1)?.node, node)) open.pop();
    const parent = open.at(-1);
    const below = parent === undefined ? segments : segments.slice(parent.node.segments.length);
    const span = { start: whole.start, end: Math.max(whole.end, keySpan.end) };
    const symbol: OutlineItem = {
      ...{ name: formatKeyPath(below), kind, span, nameSpan: keySpan, children: [] },
    };
    // A table that is only opened by the key of something else has no line of its own.
    if (kind === "table" && whole.start === keySpan.start && whole.end === keySpan.end) continue;
    (parent?.symbol.children ?? roots).push(symbol);
    if (kind === "table") open.push({ node, symbol });
  }
  return roots;
}

function fits(parent: ModelNode | undefined, node: ModelNode): boolean {
  if (parent === undefined || !isBelow(node.segments, parent.segments)) return false;
  return parent.whole.start <= node.whole.start && node.whole.end <= parent.whole.end;
}

/** Stretches of more than one line that can be folded. */
export function foldsOf(model: DocumentModel): Span[] {
  return model.nodes
    .filter(({ kind, isHeader }) => isHeader || kind !== "value")
    .map(({ whole }) => whole)
    .filter(({ start, end }) => model.text.slice(start, end).trimEnd().includes("\n"));
}
