import type { Span } from "./model.ts";

/** A key with all that stands below it and the comments above it. */
export type YamlPart = { span: Span; key: Span; below: YamlPart[] | undefined };

type Line = {
  start: number;
  end: number;
  indent: number;
  kind: "space" | "comment" | "key" | "other";
};

/** What is shorter is read in no time. */
const minLines = 12;

/**
 * Cuts a text in block style into parts that mean the same by themselves. Undefined where its lines do not
 * have the plain form for that.
 */
export function yamlParts(text: string): YamlPart[] | undefined {
  const lines = linesOf(text);
  return partsAt(text, lines, 0);
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const lineBreak = text.indexOf("\n", start);
    const end = lineBreak < 0 ? text.length : lineBreak + 1;
    let at = start;
    while (text[at] === " ") at++;
    lines.push({ start, end, indent: at - start, kind: kindAt(text, at) });
    start = end;
  }
  return lines;
}

function kindAt(text: string, at: number): Line["kind"] {
  const first = text[at];
  if (first === undefined || first === "\n" || first === "\r") return "space";
  if (first === "#") return "comment";
  key.lastIndex = at;
  return key.test(text) ? "key" : "other";
}

/** Names that are texts in YAML, too. */
const key = /(?!(?:null|true|false):)[A-Za-z_][\w.-]*:(?=[ \r\n]|$)/iy;

/** The parts of lines that begin with keys at one indentation. */
function partsAt(text: string, lines: readonly Line[], indent: number): YamlPart[] | undefined {
  const heads = headsAt(lines, indent);
  if (heads === undefined) return undefined;
  return heads.map(({ from, head }, index): YamlPart => {
    const to = heads[index + 1]?.from ?? lines.length;
    const own = lines.slice(from, to);
    const line = lines[head] as Line;
    const start = line.start + indent;
    const colon = text.indexOf(":", start);
    const isParent = /^[ ]*(?:#.*)?\r?\n?$/.test(text.slice(colon + 1, line.end));
    const inner = lines.slice(head + 1, to);
    const below = isParent && own.length >= minLines ? partsBelow(text, inner, indent) : undefined;
    const span = { start: own[0]?.start ?? line.start, end: own.at(-1)?.end ?? line.end };
    return { span, key: { start, end: colon }, below };
  });
}

function partsBelow(text: string, lines: readonly Line[], indent: number): YamlPart[] | undefined {
  const first = lines.find(({ kind }) => kind === "key" || kind === "other");
  return first && first.indent > indent ? partsAt(text, lines, first.indent) : undefined;
}

/** Where keys stand, each with the comments above it; undefined if anything else stands there. */
function headsAt(lines: readonly Line[], indent: number) {
  if (!lines.every((line) => fits(line, indent))) return undefined;
  const heads: { from: number; head: number }[] = [];
  let comment: number | undefined;
  for (const [index, { indent: found, kind }] of lines.entries()) {
    if (kind === "space" || (kind === "comment" && found > indent)) continue;
    if (kind === "comment") {
      comment ??= index;
      continue;
    }
    if (found === indent) heads.push({ from: comment ?? index, head: index });
    if (heads.length === 0) return undefined;
    comment = undefined;
  }
  // Comments at the end belong to nothing, or to much.
  return comment === undefined && heads.length > 0 ? heads : undefined;
}

function fits({ indent: found, kind }: Line, indent: number): boolean {
  return kind === "space" || found > indent || (found === indent && kind !== "other");
}
