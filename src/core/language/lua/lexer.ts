export type LuaTokenKind =
  | "keyword"
  | "string"
  | "number"
  | "comment"
  | "function"
  | "variable"
  | "property";

/** A word of a Lua program; offsets into its text. */
export type LuaToken = { kind: LuaTokenKind; start: number; end: number };

/** The words of a Lua 5.4 program, as far as colours need them; never fails on a broken one. */
export function luaTokens(text: string): LuaToken[] {
  const tokens: LuaToken[] = [];
  for (let at = 0; at < text.length; ) {
    const found = nextToken(text, at);
    if (found.kind !== undefined) tokens.push({ kind: found.kind, start: at, end: found.end });
    at = Math.max(found.end, at + 1);
  }
  return tokens;
}

type Found = { kind?: LuaTokenKind; end: number };

function nextToken(text: string, at: number): Found {
  if (text.startsWith("--", at)) return { kind: "comment", end: commentEnd(text, at) };
  const character = text[at] ?? "";
  if (character === '"' || character === "'") {
    return { kind: "string", end: match(strings[character] ?? /./y, text, at) };
  }
  if (character === "[") {
    const end = longEnd(text, at);
    return end === undefined ? { end: at + 1 } : { kind: "string", end };
  }
  const number = match(numbers, text, at);
  if (number > at) return { kind: "number", end: number };
  const end = match(names, text, at);
  return end > at ? { kind: kindOfName(text, at, end), end } : { end: at + 1 };
}

/** A string that is not closed ends with its line; `\z` and an escaped line break go on. */
const strings: Readonly<Record<string, RegExp>> = {
  '"': /"(?:[^"\\\n]|\\z\s*|\\[\s\S])*"?/y,
  "'": /'(?:[^'\\\n]|\\z\s*|\\[\s\S])*'?/y,
};
const numbers =
  /0[xX][\da-fA-F]*(?:\.[\da-fA-F]*)?(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const names = /[A-Za-z_]\w*/y;

function commentEnd(text: string, at: number): number {
  return longEnd(text, at + 2) ?? match(/[^\n]*/y, text, at);
}

/** End of `[[…]]` or `[==[…]==]`; undefined when none begins here. */
function longEnd(text: string, at: number): number | undefined {
  const equals = /\[(=*)\[/y;
  equals.lastIndex = at;
  const level = equals.exec(text)?.[1];
  if (level === undefined) return undefined;
  const close = `]${level}]`;
  const end = text.indexOf(close, at);
  return end < 0 ? text.length : end + close.length;
}

function kindOfName(text: string, start: number, end: number): LuaTokenKind {
  if (keywords.has(text.slice(start, end))) return "keyword";
  const before = text.slice(Math.max(0, start - 100), start).trimEnd();
  if (/\bfunction$/.test(before)) return isPath(text, end) ? "variable" : "function";
  if (/^\s*(?:[("'{]|\[=*\[)/.test(text.slice(end, end + 100))) return "function";
  if (/[^.]\.$|(?:^|[^:]):$/.test(before)) return "property";
  return "variable";
}

/** In `function a.b:c()` the last name is the function. */
function isPath(text: string, end: number): boolean {
  return /^\s*[.:]/.test(text.slice(end, end + 100));
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

const keywords = new Set(
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(
    " ",
  ),
);
