import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type YAMLError,
  type YAMLMap,
  type Scalar as YamlScalar,
} from "yaml";
import type { Span } from "../../language/model/model.ts";
import type { KeySegments } from "../names/keyPath.ts";
import { type Range, startOfFile } from "../types.ts";
import { lines } from "./lines.ts";
import { parseYaml } from "./parseYaml.ts";
import { remembered } from "./remember.ts";
import { exactNumber, Leaf, type Scalar, type Table, type Tree, type TreeBuilder } from "./tree.ts";
import { type YamlPiece, type YamlTable, yamlPieces } from "./yamlPieces.ts";

/** More nodes than any configuration has; aliases can multiply a small file without end. */
const maxNodes = 20_000;

/** Reading YAML as a whole takes longer than everything else that is done with it. */
export const parseWholeYaml = remembered(parseYaml);

export function readYaml(text: string, builder: TreeBuilder): Table | undefined {
  const pieces = yamlPieces(text);
  if (pieces === undefined) return readWholeYaml(text, builder);
  return new YamlReader(text, builder).readPieces(pieces, []);
}

/** The same without knowing any piece already. */
export function readWholeYaml(text: string, builder: TreeBuilder): Table | undefined {
  const reader = new YamlReader(text, builder);
  const { contents, errors } = parseWholeYaml(text);
  reader.reportSyntaxErrors(errors);
  return errors.length > 0 ? reader.readPart(contents) : reader.readRoot(contents);
}

class YamlReader {
  private readonly text: string;
  private readonly builder: TreeBuilder;
  private readonly lines: ReturnType<typeof lines>;
  private readonly anchors = new Map<string, unknown>();
  private nodeCount = 0;
  /** Where the piece begins that is read. */
  private start = 0;

  constructor(text: string, builder: TreeBuilder) {
    this.text = text;
    this.builder = builder;
    this.lines = lines(text);
  }

  reportSyntaxErrors(errors: readonly YAMLError[]): void {
    for (const { pos, message } of errors.slice(0, 10)) {
      const range = this.lines.range(pos[0], Math.max(pos[1], pos[0] + 1));
      const text = `YAML: ${message.split("\n")[0] ?? ""}`;
      this.builder.error("syntax", { range, keyPath: "" }, text);
    }
  }

  readPieces(pieces: readonly YamlPiece[], segments: KeySegments): Table {
    const table: Table = {};
    for (const piece of pieces) {
      if ("map" in piece) {
        this.start = piece.start;
        Object.assign(table, this.readMap(piece.map, segments));
      } else this.readTable(piece, segments, table);
    }
    return table;
  }

  private readTable(
    { key, name, span, pieces }: YamlTable,
    parents: KeySegments,
    table: Table,
  ): void {
    const segments = [...parents, name];
    const keyRange = this.lines.range(key.start, key.end);
    if (!this.builder.isUsableKey(name, segments, () => keyRange)) return;
    const range = this.lines.range(span.start, span.end);
    this.builder.place(segments, this.builder.origin(range, keyRange));
    table[name] = this.readPieces(pieces, segments);
  }

  /** What the parser, which goes on behind errors, makes of a text that has some. */
  readPart(root: unknown): Table | undefined {
    return isMap(root) ? this.readMap(root, []) : undefined;
  }

  readRoot(root: unknown): Table | undefined {
    if (root === null || (isScalar(root) && root.value === null)) return {};
    if (isMap(root)) return this.readMap(root, []);
    const range = this.rangeOf(root) ?? startOfFile;
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
      const keyRange = this.rangeOf(key) ?? startOfFile;
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
    const range = this.rangeOf(node) ?? at.keyRange ?? startOfFile;
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
    const written = this.spanOf(node);
    return new Leaf(value, origin, () => this.text.slice(written?.start ?? 0, written?.end ?? 0));
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

  private rangeOf(node: unknown): Range | undefined {
    const span = this.spanOf(node);
    return span && this.lines.range(span.start, span.end);
  }

  private spanOf(node: unknown): Span | undefined {
    const range = (node as Partial<ParsedNode> | null | undefined)?.range;
    return range ? { start: this.start + range[0], end: this.start + range[1] } : undefined;
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
