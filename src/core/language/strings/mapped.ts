import type { Span } from "../model/model.ts";

/** The text that a string in a document stands for, and where each of its characters is written. */
export type MappedText = {
  text: string;
  /** For each UTF-16 unit of the text, what it is written as. */
  spans: readonly Span[];
};

/** Collects a text piece by piece. */
export class TextMap implements MappedText {
  text = "";
  readonly spans: Span[] = [];

  /** Characters that stand for themselves. */
  copy(source: string, start: number, end: number): void {
    for (let at = start; at < end; at++) this.write(source[at] ?? "", { start: at, end: at + 1 });
  }

  /** Characters that something else stands for. */
  write(characters: string, span: Span): void {
    this.text += characters;
    for (let count = 0; count < characters.length; count++) this.spans.push(span);
  }
}

/** Where a part of the text is written. */
export function writtenSpan({ spans }: MappedText, start: number, end: number): Span | undefined {
  const first = spans[start];
  const last = spans[end - 1];
  return first === undefined || last === undefined
    ? undefined
    : { start: first.start, end: last.end };
}
