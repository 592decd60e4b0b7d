import { parse, TomlError } from "smol-toml";
import type { ModelNode } from "../../language/model/model.ts";
import { scanToml } from "../../language/model/tomlTables.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { type ConfigScope, type Origin, type Range, startOfFile } from "../types.ts";
import { type Lines, lines } from "./lines.ts";
import { readTolerantly } from "./tolerantToml.ts";
import { Leaf, maxDepth, type Scalar, type Table, type Tree, type TreeBuilder } from "./tree.ts";

/** Where a key is written: its last segment, the value or header, and the value's text. */
type Spot = { keyRange?: Range; range: Range; source: string };

/** Values come from smol-toml; the scanner of the language server says where they are. */
export function readToml(text: string, builder: TreeBuilder): Table | undefined {
  let values: object;
  try {
    values = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    reportSyntaxError(error, builder);
    values = readTolerantly(text);
  }
  checkDepth(values, 0);
  return readTable(values, [], { builder, findSpot: spotFinder(text) });
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
  builder.error("syntax", { range: { start, end }, keyPath: "" }, `TOML: ${detail}`);
}

type Context = {
  builder: TreeBuilder;
  findSpot: (segments: KeySegments) => Spot | undefined;
};

const unknownSpot: Spot = { range: startOfFile, source: "" };

/** Finds its place only when asked: a file without problems needs no scan. */
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

function spotOf(segments: KeySegments, { findSpot }: Context): Spot {
  return findSpot(segments) ?? unknownSpot;
}

/** The text is scanned when the first place is asked for. */
function spotFinder(text: string): Context["findSpot"] {
  let places: Lines | undefined;
  return (segments) => {
    const node = scanToml(text).byPath.get(formatKeyPath(segments));
    places ??= lines(text);
    return node && toSpot(text, places, node);
  };
}

/** A table that is opened by a header or a dotted key has no value of its own in the text. */
function toSpot(text: string, places: Lines, node: ModelNode): Spot {
  const { start, end } = node.span;
  const isWritten = node.kind !== "table" || text[start] === "{";
  const spot: Spot = {
    range: places.range(start, end),
    source: isWritten ? text.slice(start, end) : "",
  };
  if (node.keySpan !== undefined) {
    spot.keyRange = places.range(node.keySpan.start, node.keySpan.end);
  }
  return spot;
}
