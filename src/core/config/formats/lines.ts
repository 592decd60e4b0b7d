import type { Position, Range } from "../types.ts";

/** Converts offsets of a text to lines and columns. */
export type Lines = {
  position: (offset: number) => Position;
  range: (start: number, end: number) => Range;
};

export function lines(text: string): Lines {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const position = (offset: number): Position => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
  return { position, range: (start, end) => ({ start: position(start), end: position(end) }) };
}
