import { parse, TomlError } from "smol-toml";
import { type AST, parseTOML } from "toml-eslint-parser";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { type ConfigScope, type Origin, type Range, startOfFile } from "../types.ts";
import { Leaf, maxDepth, type Scalar, type Table, type Tree, type TreeBuilder } from "./tree.ts";

/** Where the AST has a key: the last segment of the key, the value or header, and the text. */
type Spot = { keyRange?: Range; range: Range; source: string };

/** Values come from smol-toml; a second parser that keeps positions says where they are. */
export function readToml(text: string, builder: TreeBuilder): Table | undefined {
  let values: object;
  try {
    values = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    reportSyntaxError(error, builder);
    return undefined;
  }
  checkDepth(values, 0);
  return readTable(values, [], { builder, spots: lazySpots(text) });
}

function checkDepth(value: unknown, depth: number): void {
  if (depth > maxDepth) throw new Error(`nested deeper than ${maxDepth} levels`);
  if (typeof value !== "object" || value === null) return;
  for (const child of Object.values(value)) checkDepth(child, depth + 1);
}

function reportSyntaxError(error: unknown, builder: TreeBuilder): void {
  const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  const start =
    error instanceof TomlError
      ? { line: Math.max(1, error.line), column: Math.max(1, error.column) }
      : startOfFile.start;
  const end = { line: start.line, column: start.column + 1 };
  const detail = message.replace(/^Invalid TOML document: /, "");
  builder.report("error", "syntax", { range: { start, end }, keyPath: "" }, `TOML: ${detail}`);
}

type Context = { builder: TreeBuilder; spots: () => ReadonlyMap<string, Spot> };

const unknownSpot: Spot = { range: startOfFile, source: "" };

/** Finds its place only when asked: a file without problems needs no second parse. */
class TomlOrigin implements Origin {
  readonly scope: ConfigScope;
  readonly path: string;
  private readonly find: () => Spot;

  constructor(builder: TreeBuilder, find: () => Spot) {
    this.scope = builder.scope;
    this.path = builder.path;
    this.find = find;
  }

  get range(): Range {
    return this.find().range;
  }

  get keyRange(): Range | undefined {
    return this.find().keyRange;
  }

  toJSON(): Origin {
    const { scope, path, range, keyRange } = this;
    return { scope, path, range, keyRange };
  }
}

function readTable(values: object, segments: KeySegments, context: Context): Table {
  const table: Table = {};
  for (const [key, value] of Object.entries(values)) {
    const path = [...segments, key];
    const keyRange = () => {
      const spot = spotOf(path, context);
      return spot.keyRange ?? spot.range;
    };
    if (context.builder.isUsableKey(key, path, keyRange)) {
      table[key] = readValue(value, path, context);
    }
  }
  return table;
}

function readValue(value: unknown, segments: KeySegments, context: Context): Tree {
  const find = () => spotOf(segments, context);
  const origin = context.builder.place(segments, new TomlOrigin(context.builder, find));
  const source = () => find().source;
  if (value instanceof Date) return new Leaf(value.toISOString(), origin, source);
  if (Array.isArray(value)) {
    return value.map((element, index) => readValue(element, [...segments, index], context));
  }
  if (typeof value === "object" && value !== null) return readTable(value, segments, context);
  return new Leaf(value as Scalar, origin, source);
}

function spotOf(segments: KeySegments, context: Context): Spot {
  return context.spots().get(formatKeyPath(segments)) ?? unknownSpot;
}

function lazySpots(text: string): () => ReadonlyMap<string, Spot> {
  let spots: ReadonlyMap<string, Spot> | undefined;
  return () => {
    spots ??= findSpots(text);
    return spots;
  };
}

function findSpots(text: string): Map<string, Spot> {
  const spots = new Map<string, Spot>();
  const finder = new SpotFinder(text, spots);
  try {
    for (const node of parseTOML(text, { tomlVersion: "latest" }).body[0].body) {
      if (node.type === "TOMLTable") finder.addHeader(node);
      else finder.addKeyValue(node, []);
    }
  } catch {
    // The two parsers disagree about the text: the values are good, only their places stay unknown.
  }
  return spots;
}

class SpotFinder {
  private readonly text: string;
  private readonly spots: Map<string, Spot>;

  constructor(text: string, spots: Map<string, Spot>) {
    this.text = text;
    this.spots = spots;
  }

  addHeader(table: AST.TOMLTable): void {
    const { resolvedKey } = table;
    this.addParents(resolvedKey, table.key);
    const range = toRange((table.key.keys.at(-1) ?? table.key).loc);
    this.spots.set(formatKeyPath(resolvedKey), { range, keyRange: range, source: "" });
    for (const keyValue of table.body) this.addKeyValue(keyValue, resolvedKey);
  }

  addKeyValue(node: AST.TOMLKeyValue, parent: KeySegments): void {
    const segments = [...parent, ...node.key.keys.map(keyName)];
    this.addParents(segments, node.key);
    const last = node.key.keys.at(-1) ?? node.key;
    this.addValue(node.value, segments, toRange(last.loc));
  }

  /** `[a.b]` and `a.b = 1` open table `a` too, unless something opens it by itself. */
  private addParents(segments: KeySegments, key: AST.TOMLKey): void {
    const names = segments.filter((segment) => typeof segment === "string");
    const offset = names.length - key.keys.length;
    let seen = 0;
    for (const [index, segment] of segments.slice(0, -1).entries()) {
      const node = typeof segment === "string" ? key.keys[seen++ - offset] : undefined;
      const keyPath = formatKeyPath(segments.slice(0, index + 1));
      if (node === undefined || this.spots.has(keyPath)) continue;
      const range = toRange(node.loc);
      this.spots.set(keyPath, { range, keyRange: range, source: "" });
    }
  }

  private addValue(node: AST.TOMLContentNode, segments: KeySegments, keyRange?: Range): void {
    const spot: Spot = { range: toRange(node.loc), source: this.text.slice(...node.range) };
    if (keyRange !== undefined) spot.keyRange = keyRange;
    this.spots.set(formatKeyPath(segments), spot);
    if (node.type === "TOMLArray") {
      for (const [index, element] of node.elements.entries()) {
        this.addValue(element, [...segments, index]);
      }
    } else if (node.type === "TOMLInlineTable") {
      for (const keyValue of node.body) this.addKeyValue(keyValue, segments);
    }
  }
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function toRange(loc: AST.TOMLProgram["loc"]): Range {
  return {
    start: { line: loc.start.line, column: loc.start.column + 1 },
    end: { line: loc.end.line, column: loc.end.column + 1 },
  };
}
