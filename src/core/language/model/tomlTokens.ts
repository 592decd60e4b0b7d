import type { Span } from "./model.ts";
import { alone } from "./recent.ts";

/** One segment of a key, with its quotes in the span but not in the name. */
export type TomlName = { name: string; span: Span };

/** Reads a dotted key; what is missing is an empty name. `end` is behind the space that follows. */
export function scanKey(text: string, start: number): { names: TomlName[]; end: number } {
  const names: TomlName[] = [];
  let at = start;
  for (;;) {
    at = skipSpace(text, at);
    const name = scanName(text, at);
    names.push(name);
    at = skipSpace(text, name.span.end);
    if (text[at] !== ".") return { names, end: at };
    at++;
  }
}

function scanName(text: string, start: number): TomlName {
  const quoted = scanString(text, start);
  if (quoted !== undefined && quoted.quote.length === 1) {
    const span = { start, end: quoted.end };
    const inner = text.slice(start + 1, quoted.isClosed ? quoted.end - 1 : quoted.end);
    return { name: alone(quoted.quote === '"' ? unescapeBasic(inner) : inner), span };
  }
  const end = match(/[^\s.=[\]{},#"']*/y, text, start);
  return { name: alone(text.slice(start, end)), span: { start, end } };
}

export type TomlString = { end: number; quote: string; isClosed: boolean };

/** A string that begins here; one that is not closed ends with its line, or with the text. */
export function scanString(text: string, start: number): TomlString | undefined {
  const first = text[start];
  if (first !== '"' && first !== "'") return undefined;
  const triple = first.repeat(3);
  if (text.startsWith(triple, start)) return scanLong(text, start, triple);
  const pattern = first === '"' ? /(?:[^"\\\r\n]|\\[^\r\n])*/y : /[^'\r\n]*/y;
  const end = match(pattern, text, start + 1);
  const isClosed = text[end] === first;
  return { end: isClosed ? end + 1 : end, quote: first, isClosed };
}

function scanLong(text: string, start: number, quote: string): TomlString {
  for (let at = start + 3; at < text.length; at++) {
    if (quote === '"""' && text[at] === "\\") at++;
    else if (text.startsWith(quote, at)) {
      // Up to two more quotes belong to the content.
      const mark = quote[0];
      let end = at + 3;
      while (end < at + 5 && text[end] === mark) end++;
      return { end, quote, isClosed: true };
    }
  }
  return { end: text.length, quote, isClosed: false };
}

function unescapeBasic(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/g, decode);
}

function decode(whole: string, ...[short, long, byte, letter = ""]: string[]): string {
  const hex = short ?? long ?? byte;
  if (hex === undefined) return letters[letter] ?? letter;
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

const letters: Readonly<Record<string, string>> = {
  ...{ b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b" },
};

function skipSpace(text: string, at: number): number {
  return match(/[ \t]*/y, text, at);
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
