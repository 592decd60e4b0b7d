import { formatOf } from "../../language/model/format.ts";
import { writtenSpan } from "../../language/strings/mapped.ts";
import { mappedText } from "../../language/strings/read.ts";
import type { Position, Range } from "../types.ts";
import type { Leaf } from "./tree.ts";

/**
 * Where a part of a text stands in its file, whatever quotes and escapes it is written with; undefined
 * for a text that stands somewhere else, such as what an alias of YAML means.
 */
export function rangeWithin(leaf: Leaf, part: { start: number; end: number }): Range | undefined {
  const { value, origin } = leaf;
  const text = leaf.source();
  const whole = { start: 0, end: text.length };
  const map = mappedText({ text, format: formatOf(origin.path) }, whole);
  if (map.text.slice(0, part.end) !== String(value).slice(0, part.end)) return undefined;
  const span = writtenSpan(map, part.start, part.end);
  if (span === undefined) return undefined;
  const { start } = origin.range;
  return {
    start: behind(start, text.slice(0, span.start)),
    end: behind(start, text.slice(0, span.end)),
  };
}

/** The position at the end of a text that begins at another one. */
function behind({ line, column }: Position, text: string): Position {
  const breaks = text.split("\n");
  const last = breaks.at(-1) ?? "";
  if (breaks.length === 1) return { line, column: column + last.length };
  return { line: line + breaks.length - 1, column: last.length + 1 };
}
