import type { ModelFormat, Span } from "../model/model.ts";
import { type MappedText, TextMap } from "./mapped.ts";

/** Strings in the quotes of TOML, of JSON, and the double ones of YAML; a bare word is itself. */
export function readQuoted(source: string, span: Span, format: ModelFormat): MappedText {
  const map = new TextMap();
  const quote = /^(?:"""|'''|"|')?/.exec(source.slice(span.start, span.start + 3))?.[0] ?? "";
  const mark = format === "toml" ? quote : quote.slice(0, 1);
  const isClosed =
    span.end - span.start >= 2 * mark.length &&
    source.slice(span.end - mark.length, span.end) === mark;
  const end = isClosed ? span.end - mark.length : span.end;
  let start = span.start + mark.length;
  // A line break right behind the quotes is not part of the string.
  if (mark.length === 3) start += /^\r?\n/.exec(source.slice(start, start + 2))?.[0].length ?? 0;
  if (mark === "" || mark.startsWith("'")) {
    map.copy(source, start, end);
    return map;
  }
  readEscaped(source, { start, end }, { map, folds: format === "yaml" });
  return map;
}

function readEscaped(
  source: string,
  { start, end }: Span,
  { map, folds }: { map: TextMap; folds: boolean },
): void {
  const piece = /\\\s*\n\s*|\\(?:u[\da-f]{4}|U[\da-f]{8}|x[\da-f]{2}|.)|[ \t]*\r?\n\s*|[^\\]/giy;
  for (let at = start; at < end; ) {
    piece.lastIndex = at;
    const found = piece.exec(source)?.[0] ?? source[at] ?? "";
    const next = Math.min(at + Math.max(found.length, 1), end);
    const span = { start: at, end: next };
    if (found.startsWith("\\")) map.write(meaningOf(found), span);
    else if (found.includes("\n") && folds) map.write(foldedBreak(found), span);
    else map.copy(source, at, next);
    at = next;
  }
}

/** In YAML a line break is a space, and an empty line is a line break. */
function foldedBreak(found: string): string {
  const breaks = found.split("\n").length - 1;
  return breaks === 1 ? " " : "\n".repeat(breaks - 1);
}

function meaningOf(written: string): string {
  const letter = written[1] ?? "";
  if (/\s/.test(letter) && written.includes("\n")) return "";
  if (written.length > 2) {
    const code = Number.parseInt(written.slice(2), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "";
  }
  return letters[letter] ?? letter;
}

const letters: Readonly<Record<string, string>> = {
  ...{ b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b", "0": "\0", a: "\u0007" },
  ...{ v: "\v", N: "\u0085", _: "\u00a0", L: "\u2028", P: "\u2029" },
};
