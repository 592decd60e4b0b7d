import { Leaf, nodeAt, type Places, type Table, type Tree } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { type Diagnostic, type Origin, startOfFile } from "../types.ts";

/** All places that set a key, weakest scope first, by key path. */
export type Origins = ReadonlyMap<string, readonly Origin[]>;

export function joinPlaces(places: readonly Places[]): Map<string, Origin[]> {
  const joined = new Map<string, Origin[]>();
  for (const document of places) {
    for (const [keyPath, origins] of document) {
      joined.set(keyPath, [...(joined.get(keyPath) ?? []), ...origins]);
    }
  }
  return joined;
}

/** Knows where every value of the merged configuration comes from. */
export class Locator {
  readonly root: Table;
  private readonly origins: Origins;
  private readonly presetUses: ReadonlyMap<string, Origin>;
  private readonly fallbackPath: string;

  constructor(sources: {
    root: Table;
    origins: Origins;
    /** For a path of a preset, the place in a user's file that brought it in. */
    presetUses: ReadonlyMap<string, Origin>;
    /** File to name for values that no file sets. */
    fallbackPath: string;
  }) {
    this.root = sources.root;
    this.origins = sources.origins;
    this.presetUses = sources.presetUses;
    this.fallbackPath = sources.fallbackPath;
  }

  nodeAt(segments: KeySegments): Tree | undefined {
    return nodeAt(this.root, segments);
  }

  /** The place in a user's file that decides the value, or the nearest one around it. */
  locate(segments: KeySegments): Origin {
    return this.place(this.originOf(segments));
  }

  /** Which of two values stands in the later file: the greater number. */
  strength(segments: KeySegments): number {
    return ["default", "preset", "user", "project", "local"].indexOf(this.locate(segments).scope);
  }

  isOfPreset(segments: KeySegments): boolean {
    return this.originOf(segments).scope === "preset";
  }

  /** For something in a preset, the place in a user's file that brought it in. */
  place(origin: Origin): Origin {
    return this.presetUses.get(origin.path) ?? origin;
  }

  error(code: string, segments: KeySegments, message: string): Diagnostic {
    const { path, range } = this.locate(segments);
    return { severity: "error", code, message, path, range, keyPath: formatKeyPath(segments) };
  }

  private originOf(segments: KeySegments): Origin {
    const node = this.nodeAt(segments);
    if (node instanceof Leaf) return node.origin;
    for (let length = segments.length; length > 0; length--) {
      const origin = this.origins.get(formatKeyPath(segments.slice(0, length)))?.at(-1);
      if (origin !== undefined) return origin;
    }
    return { scope: "default", path: this.fallbackPath, range: startOfFile };
  }
}
