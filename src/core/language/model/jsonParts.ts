import type { Span } from "./model.ts";

/** What stands in an object between two of its commas, space included; an object there has parts of its own. */
export type JsonPart = {
  span: Span;
  /** Whether brackets stand in it, outside of texts. */
  hasBrackets: boolean;
  /** Of a key with an object and nothing else. */
  object?: { key: Span; span: Span; parts: JsonPart[] };
};

/**
 * Cuts a text into the parts that its object is made of, which mean the same by themselves. Undefined where
 * its brackets do not match, as then it depends on all of it what belongs together.
 */
export function jsonParts(text: string): JsonPart[] | undefined {
  const start = /^\s*\{/.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const cutter = new Cutter(text, start);
  const parts = cutter.parts(0);
  return parts !== undefined && text.slice(cutter.at).trim() === "" ? parts : undefined;
}

/** Deeper nesting than any configuration has is not cut, so that recursion stays short. */
const maxDepth = 64;

class Cutter {
  at: number;
  private readonly text: string;

  /** Starts behind the brace of an object. */
  constructor(text: string, start: number) {
    this.text = text;
    this.at = start;
  }

  /** Goes behind the closing brace; undefined where there is none that matches. */
  parts(depth: number): JsonPart[] | undefined {
    if (depth > maxDepth) return undefined;
    const parts: JsonPart[] = [];
    for (let isLast = false; !isLast; this.at++) {
      const part = this.part(depth);
      if (part === undefined) return undefined;
      parts.push(part);
      isLast = this.text[this.at] === "}";
    }
    return parts;
  }

  /** Stops at a comma or at the closing brace. */
  private part(depth: number): JsonPart | undefined {
    const start = this.at;
    const part: JsonPart = { span: { start, end: start }, hasBrackets: false };
    for (let mark = this.nextMark(); mark !== "," && mark !== "}"; mark = this.nextMark()) {
      if (mark === undefined || !this.skipBrackets(mark, part, depth)) return undefined;
      part.hasBrackets = true;
    }
    const { object, span } = part;
    span.end = this.at;
    if (object && !isSpace(this.text, object.span.end, span.end)) delete part.object;
    return part;
  }

  /** Whether there are others that match. */
  private skipBrackets(mark: string, part: JsonPart, depth: number): boolean {
    const open = this.at++;
    if (mark !== "{") return mark === "[" && this.skipList(depth + 1);
    const parts = this.parts(depth + 1);
    const key = keyBefore(this.text, part.span.start, open);
    if (parts && key) part.object = { key, span: { start: open, end: this.at }, parts };
    return parts !== undefined;
  }

  private skipList(depth: number): boolean {
    for (let mark = this.nextMark(); ; mark = this.nextMark()) {
      if (mark === undefined || mark === "}" || depth > maxDepth) return false;
      this.at++;
      if (mark === "]") return true;
      if (mark === "[" && !this.skipList(depth + 1)) return false;
      if (mark === "{" && this.parts(depth + 1) === undefined) return false;
    }
  }

  /** Goes to the next bracket or comma that is not in a text or a comment. */
  private nextMark(): string | undefined {
    for (; this.at < this.text.length; this.at++) {
      const next = this.text[this.at] as string;
      if (next === '"') this.skipString();
      else if (next === "/") this.skipComment();
      else if ("[]{},".includes(next)) return next;
    }
    return undefined;
  }

  /** To its closing quote, or to what stands before the end of its line. */
  private skipString(): void {
    for (this.at++; this.at < this.text.length; this.at++) {
      const next = this.text[this.at];
      if (next === '"') return;
      if (next === "\\") this.at++;
      else if (next === "\n" || next === "\r") {
        this.at--;
        return;
      }
    }
  }

  private skipComment(): void {
    const { text, at } = this;
    if (text[at + 1] === "*") this.at = endOf(text, "*/", at + 2) - 1;
    else if (text[at + 1] === "/") this.at = endOf(text, "\n", at) - 1;
  }
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}

/** The key, with its quotes, if nothing else stands before an object. */
function keyBefore(text: string, start: number, open: number): Span | undefined {
  const found = /^(\s*)("[^"\\\r\n]*")\s*:\s*$/.exec(text.slice(start, open));
  const [, space = "", key = ""] = found ?? [];
  const keyStart = start + space.length;
  return found === null ? undefined : { start: keyStart, end: keyStart + key.length };
}

function isSpace(text: string, start: number, end: number): boolean {
  return text.slice(start, end).trim() === "";
}
