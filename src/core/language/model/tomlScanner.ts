import { remembered } from "#core/config/formats/remember.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { ModelNode, Place, Span } from "./model.ts";
import { scanKey, scanString, type TomlName } from "./tomlTokens.ts";

/** A stretch of text and what belongs there; of overlapping ones the later one counts. */
export type TomlRegion = { span: Span; place: (offset: number) => Place };

/** Deeper nesting than any configuration has is skipped, so that recursion stays short. */
const maxDepth = 64;

/** What the scanner found in a text; the same object for the same text. */
export const scanToml = remembered((text) => new TomlScanner(text).scan());

/**
 * Reads TOML as far as it makes sense: an error costs the rest of its line at most. An unclosed list
 * ends where a line looks like the next key or header.
 */
class TomlScanner {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();
  readonly regions: TomlRegion[] = [];
  private readonly text: string;
  private at = 0;
  private table: KeySegments = [];
  private header: ModelNode | undefined;
  private lastEnd = 0;
  private readonly listLengths = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  scan(): this {
    for (;;) {
      this.skip(/[\s\uFEFF]*/y);
      if (this.at >= this.text.length) break;
      if (this.text[this.at] === "#") this.comment();
      else this.scanStatement();
    }
    this.closeHeader();
    return this;
  }

  private scanStatement(): void {
    if (this.text[this.at] === "[") this.scanHeader();
    else this.scanKeyValue(this.table, 0);
    this.finishLine();
  }

  private finishLine(): void {
    // An unclosed bracket was left at the beginning of the next statement.
    if (this.text.slice(this.lastEnd, this.at).includes("\n")) return;
    this.skip(/[ \t]*/y);
    if (this.text[this.at] === "#") this.comment();
    else this.skip(/[^\n]*/y);
  }

  private scanHeader(): void {
    this.closeHeader();
    const start = this.at;
    const isList = this.text.startsWith("[[", start);
    this.at += isList ? 2 : 1;
    const inner = this.at;
    const { names, end } = scanKey(this.text, inner);
    this.at = end;
    const span = { start: inner, end };
    const isClosed = this.text[end] === "]";
    this.regions.push({ span, place: () => ({ role: "header", span, isClosed }) });
    if (isClosed) this.at += isList && this.text[end + 1] === "]" ? 2 : 1;
    this.lastEnd = this.at;
    this.table = this.resolve(names, isList);
    this.addParents(this.table, names);
    const last = names.at(-1);
    if (last === undefined || last.span.start === last.span.end) return;
    const at = { span: last.span, keySpan: last.span, whole: { start, end: this.at } };
    this.header = this.add({ segments: this.table, kind: "table", isHeader: true, ...at });
  }

  private closeHeader(): void {
    if (this.header !== undefined) this.header.whole.end = this.lastEnd;
    this.header = undefined;
  }

  /** Below `[[a]]`, `a` means the element begun last. */
  private resolve(names: readonly TomlName[], isList: boolean): KeySegments {
    const path: (string | number)[] = [];
    for (const [index, { name }] of names.entries()) {
      path.push(name);
      const keyPath = formatKeyPath(path);
      const length = this.listLengths.get(keyPath);
      if (isList && index === names.length - 1) {
        this.listLengths.set(keyPath, (length ?? 0) + 1);
        path.push(length ?? 0);
      } else if (length !== undefined) path.push(length - 1);
    }
    return path;
  }

  /** `[a.b]` and `a.b = 1` open table `a` too, unless something opens it by itself. */
  private addParents(segments: KeySegments, names: readonly TomlName[]): void {
    const strings = segments.filter((segment) => typeof segment === "string");
    let seen = names.length - strings.length;
    for (const [index, segment] of segments.slice(0, -1).entries()) {
      const name = typeof segment === "string" ? names[seen++] : undefined;
      const path = segments.slice(0, index + 1);
      if (name === undefined || this.byPath.has(formatKeyPath(path))) continue;
      const whole = { ...name.span };
      this.add({ segments: path, kind: "table", span: name.span, keySpan: name.span, whole });
    }
  }

  private scanKeyValue(parents: KeySegments, depth: number): void {
    const { names, end } = scanKey(this.text, this.at);
    const start = names[0]?.span.start ?? this.at;
    const hasValue = this.text[end] === "=";
    this.regions.push({
      span: { start, end },
      place: (offset) => keyPlace(offset, { parents, names, hasValue, startsLine: depth === 0 }),
    });
    this.at = end;
    this.lastEnd = names.at(-1)?.span.end ?? end;
    if (!hasValue) return;
    this.at++;
    this.lastEnd = this.at;
    const segments = [...parents, ...names.map(({ name }) => name)];
    const region = this.gap({ role: "value", segments });
    this.skip(/[ \t]*/y);
    region.end = this.at;
    if (isEmptyValue(this.text[this.at])) return;
    this.addParents(segments, names);
    this.scanValue({ segments, depth, start, keySpan: names.at(-1)?.span });
  }

  private scanValue(key: ScannedKey): void {
    const { segments, depth, keySpan } = key;
    const start = this.at;
    const node: ModelNode = {
      ...{ segments, kind: "value", span: { start, end: start } },
      whole: { start: key.start, end: start },
    };
    if (keySpan !== undefined) node.keySpan = keySpan;
    this.add(node);
    const first = this.text[start];
    if (first === "[" && depth < maxDepth) {
      node.kind = "list";
      this.scanList(segments, depth + 1);
    } else if (first === "{" && depth < maxDepth) {
      node.kind = "table";
      this.scanInlineTable(segments, depth + 1);
    } else this.scanScalar(segments, depth);
    node.span.end = this.lastEnd;
    node.whole.end = this.lastEnd;
  }

  private scanScalar(segments: KeySegments, depth: number): void {
    const start = this.at;
    const token = scanString(this.text, start);
    if (token === undefined) {
      this.skip(depth === 0 ? /[^\n#]*/y : /[^\n#,\]}]*/y);
      this.lastEnd = start + this.text.slice(start, this.at).trimEnd().length;
      this.at = this.lastEnd;
    } else {
      this.at = token.end;
      this.lastEnd = token.end;
    }
    const span = { start, end: this.lastEnd };
    const quote = token?.quote ?? "";
    const place = (offset: number): Place => ({
      ...{ role: "value", segments, span, quote },
      typed: this.text.slice(Math.min(offset, start + quote.length), offset),
    });
    this.regions.push({ span, place });
  }

  private scanList(segments: KeySegments, depth: number): void {
    this.lastEnd = ++this.at;
    for (let index = 0; ; ) {
      this.trivia(this.gapAfterMark({ role: "value", segments: [...segments, index] }));
      const next = this.text[this.at];
      if (next === undefined || next === "}" || this.isNextStatement()) return;
      this.lastEnd = this.at;
      if (next === "]") {
        this.lastEnd = ++this.at;
        return;
      }
      if (next !== ",") {
        this.scanValue({ segments: [...segments, index++], depth, start: this.at });
        this.trivia();
        if (this.text[this.at] !== ",") continue;
      }
      this.lastEnd = ++this.at;
    }
  }

  private scanInlineTable(parents: KeySegments, depth: number): void {
    this.lastEnd = ++this.at;
    for (;;) {
      this.trivia(this.gapAfterMark({ role: "key", parents }));
      const next = this.text[this.at];
      if (next === undefined || next === "]" || this.isNextStatement()) return;
      if (next === "}") {
        this.lastEnd = ++this.at;
        return;
      }
      if (next !== ",") {
        const before = this.at;
        this.scanKeyValue(parents, depth);
        this.trivia();
        if (this.at === before) return;
        if (this.text[this.at] !== ",") continue;
      }
      this.lastEnd = ++this.at;
    }
  }

  /** Whether a line inside brackets can only be the next key or header: the bracket is not closed. */
  private isNextStatement(): boolean {
    const lineStart = this.text.lastIndexOf("\n", this.at - 1) + 1;
    if (this.text.slice(lineStart, this.at).trim() !== "") return false;
    nextKey.lastIndex = this.at;
    if (nextKey.test(this.text)) return true;
    nextHeader.lastIndex = this.at;
    const name = nextHeader.exec(this.text)?.[1];
    return name !== undefined && !/^(true|false|inf|nan|[+-]?[\d._-]+|["'].*)$/.test(name);
  }

  /** Only behind a bracket or comma something can be begun; behind a value it would go on. */
  private gapAfterMark(what: Startable): Span | undefined {
    return /[[{,]/.test(this.text[this.at - 1] ?? "") ? this.gap(what) : undefined;
  }

  /** Space in which a value or a key can be begun; its end is set when it is known. */
  private gap(what: Startable): Span {
    const span = { start: this.at, end: this.at };
    this.regions.push({
      span,
      place: (offset) => {
        const empty = { start: offset, end: offset };
        if (what.role === "value") return { ...what, span: empty, quote: "", typed: "" };
        return { ...what, span: empty, hasValue: false, startsLine: false };
      },
    });
    return span;
  }

  private trivia(gap?: Span): void {
    this.skip(/\s*/y);
    while (this.text[this.at] === "#") {
      this.comment();
      this.skip(/\s*/y);
    }
    if (gap !== undefined) gap.end = this.at;
  }

  private comment(): void {
    const start = this.at + 1;
    this.skip(/[^\n]*/y);
    this.regions.push({ span: { start, end: this.at }, place: () => ({ role: "none" }) });
  }

  private add(node: ModelNode): ModelNode {
    this.nodes.push(node);
    this.byPath.set(formatKeyPath(node.segments), node);
    return node;
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    if (pattern.test(this.text)) this.at = pattern.lastIndex;
  }
}

const nextKey = /(?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\n]*"))*[ \t]*=/y;
const nextHeader = /\[{1,2}[ \t]*([\w."'-]+)[ \t]*\]{1,2}[ \t]*(?:#[^\n]*)?(?=\r?\n|$)/y;

type Startable = { role: "value"; segments: KeySegments } | { role: "key"; parents: KeySegments };

type ScannedKey = {
  segments: KeySegments;
  depth: number;
  /** Where the statement begins. */
  start: number;
  keySpan?: Span | undefined;
};

function isEmptyValue(next: string | undefined): boolean {
  return next === undefined || /[\r\n#,\]}]/.test(next);
}

function keyPlace(
  offset: number,
  key: {
    parents: KeySegments;
    names: readonly TomlName[];
    hasValue: boolean;
    startsLine: boolean;
  },
): Place {
  const { names, hasValue } = key;
  const at = names.findIndex(({ span }) => offset <= span.end);
  const index = at < 0 ? names.length - 1 : at;
  const name = names[index];
  if (name === undefined || at < 0) return { role: "none" };
  const parents = [...key.parents, ...names.slice(0, index).map((each) => each.name)];
  const startsLine = key.startsLine && index === 0 && names.length === 1;
  const span = offset < name.span.start ? { start: offset, end: offset } : name.span;
  return { role: "key", parents, span, hasValue: hasValue || index < names.length - 1, startsLine };
}
