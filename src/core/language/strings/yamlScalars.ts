import type { Span } from "../model/model.ts";
import { type MappedText, TextMap } from "./mapped.ts";

/** A scalar without quotes, over one line or several. */
export function readPlain(source: string, { start, end }: Span): MappedText {
  const map = new TextMap();
  readFolded(source, { start, end }, map);
  return map;
}

/** In single quotes only the quote itself has to be doubled. */
export function readSingleQuoted(source: string, { start, end }: Span): MappedText {
  const map = new TextMap();
  const isClosed = end - start > 1 && source[end - 1] === "'";
  const inner = isClosed ? end - 1 : end;
  let from = start + 1;
  for (let at = from; at < inner; at++) {
    if (source[at] !== "'" || source[at + 1] !== "'") continue;
    readFolded(source, { start: from, end: at }, map);
    map.write("'", { start: at, end: at + 2 });
    from = ++at + 1;
  }
  readFolded(source, { start: from, end: inner }, map);
  return map;
}

function readFolded(source: string, { start, end }: Span, map: TextMap): void {
  const lineBreak = /[ \t]*\r?\n\s*/g;
  let at = start;
  for (const found of source.slice(start, end).matchAll(lineBreak)) {
    const from = start + found.index;
    const breaks = found[0].split("\n").length - 1;
    map.copy(source, at, from);
    at = from + found[0].length;
    map.write(breaks === 1 ? " " : "\n".repeat(breaks - 1), { start: from, end: at });
  }
  map.copy(source, at, end);
}

/** A block behind `|`, or behind `>`, where single line breaks are spaces. */
export function readBlock(source: string, { start, end }: Span): MappedText {
  const map = new TextMap();
  const head = source.indexOf("\n", start);
  if (head < 0 || head >= end) return map;
  const isFolded = source[start] === ">";
  const rows = rowsOf(source, head + 1, end);
  const indent = blockIndent(source, start, rows);
  for (const [index, row] of rows.entries()) {
    const from = Math.min(row.start + indent, row.end);
    map.copy(source, from, row.end);
    const next = rows[index + 1];
    const joins = isFolded && isText(source, row, indent) && next && isText(source, next, indent);
    map.write(joins ? " " : "\n", { start: row.end, end: Math.min(row.end + 1, source.length) });
  }
  return map;
}

function rowsOf(source: string, start: number, end: number): Span[] {
  const rows: Span[] = [];
  for (let at = start; at < end; ) {
    const lineBreak = source.indexOf("\n", at);
    const next = lineBreak < 0 || lineBreak > end ? end : lineBreak;
    rows.push({ start: at, end: source[next - 1] === "\r" && next > at ? next - 1 : next });
    at = next + 1;
  }
  return rows;
}

/** As the first line is indented, unless the header says how much deeper than its key the block is. */
function blockIndent(source: string, start: number, rows: readonly Span[]): number {
  const told = /^[|>][+-]?([1-9])/.exec(source.slice(start, start + 3))?.[1];
  const keyLine = source.lastIndexOf("\n", start - 1) + 1;
  if (told !== undefined) return indentAt(source, keyLine) + Number(told);
  const first = rows.find((row) => /[^ ]/.test(source.slice(row.start, row.end)));
  return first === undefined ? 0 : indentAt(source, first.start);
}

function indentAt(source: string, lineStart: number): number {
  let at = lineStart;
  while (source[at] === " ") at++;
  return at - lineStart;
}

/** A line that folding joins with the next: neither empty nor indented further. */
function isText(source: string, row: Span, indent: number): boolean {
  return /\S/.test(source[row.start + indent] ?? "") && row.end > row.start + indent;
}
