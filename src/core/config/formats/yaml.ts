import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
  type Scalar as YamlScalar,
} from "yaml";
import type { KeySegments } from "../names/keyPath.ts";
import { type Range, startOfFile } from "../types.ts";
import { lines } from "./lines.ts";
import { remembered } from "./remember.ts";
import { exactNumber, Leaf, type Scalar, type Table, type Tree, type TreeBuilder } from "./tree.ts";

/** More nodes than any configuration has; aliases can multiply a small file without end. */
const maxNodes = 20_000;

/** Reading YAML takes longer than everything else that is done with it. */
export const parseYaml = remembered(parseYamlPart);

/** The same for a text that is asked about once. */
export function parseYamlPart(text: string): Document.Parsed {
  return parseDocument(text, { prettyErrors: false, logLevel: "silent" });
}

export function readYaml(text: string, builder: TreeBuilder): Table | undefined {
  const document = parseYaml(text);
  const reader = new YamlReader(text, builder, document);
  return reader.reportSyntaxErrors() ? reader.readPart() : reader.readRoot();
}

class YamlReader {
  private readonly text: string;
  private readonly builder: TreeBuilder;
  private readonly document: Document.Parsed;
  private readonly lines: ReturnType<typeof lines>;
  private readonly anchors = new Map<string, unknown>();
  private nodeCount = 0;

  constructor(text: string, builder: TreeBuilder, document: Document.Parsed) {
    this.text = text;
    this.builder = builder;
    this.document = document;
    this.lines = lines(text);
  }

  reportSyntaxErrors(): boolean {
    for (const { pos, message } of this.document.errors.slice(0, 10)) {
      const range = this.lines.range(pos[0], Math.max(pos[1], pos[0] + 1));
      const text = `YAML: ${message.split("\n")[0] ?? ""}`;
      this.builder.error("syntax", { range, keyPath: "" }, text);
    }
    return this.document.errors.length > 0;
  }

  /** What the parser, which goes on behind errors, makes of a text that has some. */
  readPart(): Table | undefined {
    const root: unknown = this.document.contents;
    return isMap(root) ? this.readMap(root, []) : undefined;
  }

  readRoot(): Table | undefined {
    const root: unknown = this.document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return {};
    if (isMap(root)) return this.readMap(root, []);
    const range = rangeIn(root, this.lines) ?? startOfFile;
    const message = "the configuration has to be a table of keys";
    this.builder.error("not-a-table", { range, keyPath: "" }, message);
    return undefined;
  }

  private readMap(map: YAMLMap, segments: KeySegments): Table {
    const table: Table = {};
    for (const { key, value } of map.items) {
      const name = keyText(key);
      if (name === "<<") {
        // Keys of a merged map count only where the map has none of its own, wherever `<<` stands.
        for (const [inner, tree] of this.readMerged(value, segments)) {
          if (!Object.hasOwn(table, inner)) table[inner] = tree;
        }
        continue;
      }
      const path = [...segments, name];
      const keyRange = rangeIn(key, this.lines) ?? startOfFile;
      if (!this.builder.isUsableKey(name, path, () => keyRange)) continue;
      table[name] = this.readNode(value, { segments: path, keyRange });
    }
    return table;
  }

  private readMerged(value: unknown, segments: KeySegments): [string, Tree][] {
    if (++this.nodeCount > maxNodes) throw new Error(`more than ${maxNodes} values`);
    const source = this.resolve(value);
    if (isMap(source)) return Object.entries(this.readMap(source, segments));
    if (!isSeq(source)) return [];
    return source.items.flatMap((item) => this.readMerged(item, segments)).reverse();
  }

  private readNode(node: unknown, at: { segments: KeySegments; keyRange?: Range }): Tree {
    const range = rangeIn(node, this.lines) ?? at.keyRange ?? startOfFile;
    const origin = this.builder.place(at.segments, this.builder.origin(range, at.keyRange));
    if (++this.nodeCount > maxNodes) throw new Error(`more than ${maxNodes} values`);
    const target = this.resolve(node);
    if (isMap(target)) return this.readMap(target, at.segments);
    if (isSeq(target)) {
      return target.items.map((item, index) =>
        this.readNode(item, { segments: [...at.segments, index] }),
      );
    }
    const value = isScalar(target) ? scalarValue(target) : null;
    return new Leaf(value, origin, () => this.sourceOf(node));
  }

  /**
   * What an alias stands for: the last node before it with that anchor. Nodes are read in the order of
   * the file, so noting anchors on the way is enough; the library searches the whole file each time.
   */
  private resolve(node: unknown): unknown {
    if (isAlias(node)) return this.anchors.get(node.source);
    const { anchor } = (node ?? {}) as { anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node);
    return node;
  }

  private sourceOf(node: unknown): string {
    const range = (node as Partial<ParsedNode> | null)?.range;
    return range ? this.text.slice(range[0], range[1]) : "";
  }
}

function scalarValue({ value, source = "" }: YamlScalar): Scalar {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value !== "number") return value instanceof Date ? value.toISOString() : String(value);
  // Digits that begin with a zero are a code and no amount; as a number they would lose it.
  return /^[+-]?0\d/.test(source) ? source : exactNumber(value, source);
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value ?? "") : String(key ?? "");
}

function rangeIn(node: unknown, text: ReturnType<typeof lines>): Range | undefined {
  const range = (node as Partial<ParsedNode> | null | undefined)?.range;
  return range ? text.range(range[0], range[1]) : undefined;
}
