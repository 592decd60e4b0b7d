import type { Span } from "../model/model.ts";

export type Edit = { span: Span; newText: string };

/** Adds a key to a table in braces. */
export function intoBraces(text: string, brace: number, line: string): Edit {
  const isEmpty = /^\{\s*\}/.test(text.slice(brace));
  return at(brace + 1, isEmpty ? ` ${line} ` : ` ${line},`);
}

export function at(offset: number, newText: string): Edit {
  return { span: { start: offset, end: offset }, newText };
}

/** Without the line breaks that YAML counts to the end of a block. */
export function trimmed(text: string, { start, end }: Span): Span {
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

export function lineEnd(text: string, offset: number): number {
  const end = /\r?\n/g;
  end.lastIndex = offset;
  return end.exec(text)?.index ?? text.length;
}
