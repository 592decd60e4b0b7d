import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { lines } from "./lines.ts";
import { exactNumber, Leaf, type Scalar, type Table, type Tree, type TreeBuilder } from "./tree.ts";

/** Strict JSON: no comments, no trailing commas. */
export function readJson(text: string, builder: TreeBuilder): Table | undefined {
  const reader = new JsonReader(text, builder);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  // The parser often finds a second way to complain about one place.
  const first = errors.filter(({ offset }, index) => errors[index - 1]?.offset !== offset);
  for (const error of first.slice(0, 10)) reader.reportSyntaxError(error);
  if (errors.length > 0 || !reader.checkStrictly(root)) return reader.readPart(root);
  return reader.readRoot(root);
}

class JsonReader {
  private readonly text: string;
  private readonly builder: TreeBuilder;
  private readonly lines: ReturnType<typeof lines>;

  constructor(text: string, builder: TreeBuilder) {
    this.text = text;
    this.builder = builder;
    this.lines = lines(text);
  }

  reportSyntaxError({ error, offset, length }: ParseError): void {
    const words = printParseErrorCode(error).replace(/\B[A-Z]/g, (letter) => ` ${letter}`);
    const range = this.lines.range(offset, offset + Math.max(1, length));
    const message = `JSON: ${words.toLowerCase()}`;
    this.builder.error("syntax", { range, keyPath: "" }, message);
  }

  /** The tolerant parser lets some texts pass that are not JSON, such as control characters. */
  checkStrictly(root: Node | undefined): boolean {
    try {
      JSON.parse(this.text);
      return true;
    } catch (error) {
      const message = `JSON: ${error instanceof Error ? error.message : String(error)}`;
      const range = this.lines.range(root?.offset ?? 0, (root?.offset ?? 0) + 1);
      this.builder.error("syntax", { range, keyPath: "" }, message);
      return false;
    }
  }

  /** What the tolerant parser makes of a text with errors. */
  readPart(root: Node | undefined): Table | undefined {
    return root?.type === "object" ? this.readObject(root, []) : undefined;
  }

  readRoot(root: Node | undefined): Table | undefined {
    if (root?.type === "null") return {};
    if (root?.type === "object") return this.readObject(root, []);
    const range = this.lines.range(root?.offset ?? 0, (root?.offset ?? 0) + (root?.length ?? 0));
    const message = "the configuration has to be a table of keys";
    this.builder.error("not-a-table", { range, keyPath: "" }, message);
    return undefined;
  }

  private readObject(node: Node, segments: KeySegments): Table {
    const table: Table = {};
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      const path = [...segments, name];
      const keyRange = this.rangeOf(key);
      if (!this.builder.isUsableKey(name, path, () => keyRange)) continue;
      if (Object.hasOwn(table, name)) this.reportDuplicate(path, keyRange);
      table[name] = this.readNode(value, path, keyRange);
    }
    return table;
  }

  private reportDuplicate(path: KeySegments, range: ReturnType<JsonReader["rangeOf"]>): void {
    const keyPath = formatKeyPath(path);
    const message = `\`${keyPath}\` is set twice in this file; the last one counts`;
    this.builder.warning("duplicate-key", { range, keyPath }, message);
  }

  private readNode(
    node: Node,
    segments: KeySegments,
    keyRange?: ReturnType<JsonReader["rangeOf"]>,
  ): Tree {
    const origin = this.builder.place(segments, this.builder.origin(this.rangeOf(node), keyRange));
    if (node.type === "object") return this.readObject(node, segments);
    if (node.type === "array") {
      const children = node.children ?? [];
      return children.map((child, index) => this.readNode(child, [...segments, index]));
    }
    const source = () => this.text.slice(node.offset, node.offset + node.length);
    const value: unknown = node.value ?? null;
    const scalar = typeof value === "number" ? exactNumber(value, source()) : (value as Scalar);
    return new Leaf(scalar, origin, source);
  }

  private rangeOf(node: Node) {
    return this.lines.range(node.offset, node.offset + node.length);
  }
}
