import type { KeySegments } from "#core/config/names/keyPath.ts";
import type { ModelNode, Place, Span } from "./model.ts";
import { scanKey, scanString, type TomlName } from "./tomlTokens.ts";

/** A stretch of text and what belongs there; of overlapping ones the later one counts. */
export type TomlRegion = { span: Span; place: (offset: number) => Place };

/** A header with the names in it, and the table they are where none of them is a list. */
export type TomlHeader = { names: readonly TomlName[]; isList: boolean; table: KeySegments };

/** `a.b = 1` opens table `a` too, unless something opens it by itself. */
export type BlockNode = ModelNode & { isImplied?: true };

/**
 * A header with all up to the next one, or all before the first. Keys are those below the header's table,
 * and places are counted from where the block begins, so that it means the same wherever it stands.
 */
export type TomlBlock = {
  length: number;
  header: TomlHeader | undefined;
  nodes: readonly BlockNode[];
  regions: readonly TomlRegion[];
};

/** Deeper nesting than any configuration has is skipped, so that recursion stays short. */
const maxDepth = 64;

/** Reads the block that a text begins with. */
export function scanBlock(text: string): TomlBlock {
  return new BlockScanner(text).scan();
}

/**
 * Reads TOML as far as it makes sense: an error costs the rest of its line at most. An unclosed list
 * ends where a line looks like the next key or header.
 */
class BlockScanner {
  private readonly nodes: BlockNode[] = [];
  private readonly regions: TomlRegion[] = [];
  private readonly text: string;
  private at = 0;
  private lastEnd = 0;
  private headerNode: BlockNode | undefined;

  constructor(text: string) {
    this.text = text;
  }

  scan(): TomlBlock {
    const header = this.text[0] === "[" ? this.scanHeader() : undefined;
    for (;;) {
      this.skip(/[\s\uFEFF]*/y);
      const next = this.text[this.at];
      if (next === undefined || next === "[") break;
      if (next === "#") this.comment();
      else {
        this.scanKeyValue([], 0);
        this.finishLine();
      }
    }
    // All up to the next header belongs to this one.
    if (this.headerNode !== undefined) this.headerNode.whole.end = this.lastEnd;
    const { nodes, regions, at: length } = this;
    return { length, header, nodes, regions };
  }

  private finishLine(): void {
    // An unclosed bracket was left at the beginning of the next statement.
    if (this.text.slice(this.lastEnd, this.at).includes("\n")) return;
    this.skip(/[ \t]*/y);
    if (this.text[this.at] === "#") this.comment();
    else this.skip(/[^\n]*/y);
  }

  private scanHeader(): TomlHeader {
    const isList = this.text.startsWith("[[");
    const inner = isList ? 2 : 1;
    const { names, end } = scanKey(this.text, inner);
    this.at = end;
    const span = { start: inner, end };
    const isClosed = this.text[end] === "]";
    this.regions.push({ span, place: () => ({ role: "header", span, isClosed }) });
    if (isClosed) this.at += isList && this.text[end + 1] === "]" ? 2 : 1;
    this.lastEnd = this.at;
    this.finishLine();
    this.addHeaderNode(names.at(-1)?.span);
    return { names, isList, table: names.map(({ name }) => name) };
  }

  /** The table itself, once it has a name. */
  private addHeaderNode(span: Span | undefined): void {
    if (span === undefined || span.start === span.end) return;
    const at = { span, keySpan: span, whole: { start: 0, end: this.at } };
    this.headerNode = { segments: [], kind: "table", isHeader: true, ...at };
    this.nodes.push(this.headerNode);
  }

  private addImplied(parents: KeySegments, names: readonly TomlName[]): void {
    for (const [index, { span }] of names.slice(0, -1).entries()) {
      const segments = [...parents, ...names.slice(0, index + 1).map(({ name }) => name)];
      const at = { span, keySpan: span, whole: span };
      this.nodes.push({ segments, kind: "table", ...at, isImplied: true });
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
    this.addImplied(parents, names);
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
    this.nodes.push(node);
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
    // What is typed is not known here: the block is kept, and its text is not.
    this.regions.push({ span, place: () => ({ role: "value", segments, span, quote, typed: "" }) });
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
