// Where another parser sees the keys of a TOML text: what our scanner is compared with.
import { type AST, parseTOML } from "toml-eslint-parser";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { Range } from "#core/config/types.ts";

/** The last segment of a key, and its value or header. */
export type TomlPlace = { keyRange?: Range | undefined; range: Range };

export function tomlPlaces(text: string): Map<string, TomlPlace> {
  const places = new Map<string, TomlPlace>();
  const finder = new PlaceFinder(places);
  for (const node of parseTOML(text, { tomlVersion: "latest" }).body[0].body) {
    if (node.type === "TOMLTable") finder.addHeader(node);
    else finder.addKeyValue(node, []);
  }
  return places;
}

class PlaceFinder {
  private readonly places: Map<string, TomlPlace>;

  constructor(places: Map<string, TomlPlace>) {
    this.places = places;
  }

  addHeader(table: AST.TOMLTable): void {
    const { resolvedKey } = table;
    this.addParents(resolvedKey, table.key);
    const range = toRange((table.key.keys.at(-1) ?? table.key).loc);
    this.places.set(formatKeyPath(resolvedKey), { range, keyRange: range });
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
      if (node === undefined || this.places.has(keyPath)) continue;
      const range = toRange(node.loc);
      this.places.set(keyPath, { range, keyRange: range });
    }
  }

  private addValue(node: AST.TOMLContentNode, segments: KeySegments, keyRange?: Range): void {
    const spot: TomlPlace = { range: toRange(node.loc) };
    if (keyRange !== undefined) spot.keyRange = keyRange;
    this.places.set(formatKeyPath(segments), spot);
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
