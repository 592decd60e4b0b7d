/** A piece of a template: fixed text, or a variable with an optional default. */
export type TemplatePart =
  | { kind: "text"; text: string }
  | {
      kind: "variable";
      name: string;
      offset: number;
      end: number;
      fallback: TemplatePart[] | undefined;
    };

/** What is wrong, and with which part of the template. */
export type TemplateError = { error: string; offset: number; end: number };

/** Templates nest by their defaults; deeper ones than this are somebody's attack. */
const maxNesting = 100;

/** Expands `$NAME`, `${NAME}` and `${NAME:default}`. Values inserted are not expanded again. */
export function substitute(
  template: string,
  lookup: (name: string) => string | undefined,
): { value: string } | TemplateError {
  const parts = parseTemplate(template);
  return "error" in parts ? parts : expand(parts, lookup);
}

/** Reads a template without looking anything up; offsets are in UTF-16 units. */
export function parseTemplate(template: string): TemplatePart[] | TemplateError {
  try {
    return new TemplateParser(template).parse();
  } catch (error) {
    if (!(error instanceof TemplateSyntaxError)) throw error;
    const { message, offset, end } = error;
    return { error: message, offset, end };
  }
}

function expand(
  parts: readonly TemplatePart[],
  lookup: (name: string) => string | undefined,
): { value: string } | TemplateError {
  let value = "";
  for (const part of parts) {
    if (part.kind === "text") {
      value += part.text;
      continue;
    }
    const found = lookup(part.name);
    if (found !== undefined) {
      value += found;
      continue;
    }
    if (part.fallback === undefined) {
      const { name, offset, end } = part;
      return { error: `No such variable: ${name}`, offset, end };
    }
    const fallback = expand(part.fallback, lookup);
    if ("error" in fallback) return fallback;
    value += fallback.value;
  }
  return { value };
}

class TemplateSyntaxError extends Error {
  readonly offset: number;
  readonly end: number;

  constructor(message: string, offset: number, length: number) {
    super(message);
    this.offset = offset;
    this.end = offset + length;
  }
}

class TemplateParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  parse(): TemplatePart[] {
    return this.parts({ inDefault: false, nesting: 0 });
  }

  /** Inside a default, braces nest and the first unmatched closing one ends it. */
  private parts(context: { inDefault: boolean; nesting: number }): TemplatePart[] {
    const parts: TemplatePart[] = [];
    let literal = "";
    let openBraces = 0;
    while (this.at < this.text.length) {
      const character = this.text[this.at];
      if (character === "$") {
        if (literal !== "") parts.push({ kind: "text", text: literal });
        literal = "";
        parts.push(this.variable(context.nesting));
        continue;
      }
      if (context.inDefault && character === "{") openBraces++;
      if (context.inDefault && character === "}" && openBraces-- === 0) break;
      literal += character === "\\" ? this.escape() : character;
      this.at++;
    }
    if (literal !== "") parts.push({ kind: "text", text: literal });
    return parts;
  }

  private escape(): string {
    const escaped = this.text[this.at + 1];
    if (escaped === undefined) throw new TemplateSyntaxError("a backslash at the end", this.at, 1);
    if (!/[\\${}:]/.test(escaped)) {
      const message = `\`\\${escaped}\` is no escape; only \\\\, \\$, \\{, \\} and \\: are`;
      throw new TemplateSyntaxError(message, this.at, 2);
    }
    this.at++;
    return escaped;
  }

  private variable(nesting: number): TemplatePart {
    const offset = this.at++;
    if (this.text[this.at] !== "{") {
      const name = this.name(
        "`$` has to be followed by a name or `{`; write a literal `$` as `\\$`",
      );
      return { kind: "variable", name, offset, end: this.at, fallback: undefined };
    }
    this.at++;
    const name = this.name("`${` has to be followed by a name");
    const fallback = this.text[this.at] === ":" ? this.fallback(nesting) : undefined;
    if (this.at >= this.text.length) {
      throw new TemplateSyntaxError("`}` is missing", offset, this.text.length - offset);
    }
    if (this.text[this.at] !== "}") {
      const message = `\`${this.text[this.at]}\` after the name \`${name}\`; expected \`}\` or \`:\``;
      throw new TemplateSyntaxError(message, this.at, 1);
    }
    this.at++;
    return { kind: "variable", name, offset, end: this.at, fallback };
  }

  private fallback(nesting: number): TemplatePart[] {
    if (nesting >= maxNesting) throw new TemplateSyntaxError("nested too deeply", this.at, 1);
    this.at++;
    return this.parts({ inDefault: true, nesting: nesting + 1 });
  }

  private name(complaint: string): string {
    const start = this.at;
    while (/^[A-Za-z0-9_]$/.test(this.text[this.at] ?? "")) this.at++;
    if (this.at === start) throw new TemplateSyntaxError(complaint, Math.max(0, start - 1), 1);
    return this.text.slice(start, this.at);
  }
}
