import { type Document, Leaf, type Table } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import type { Config } from "../schema.ts";
import type { ConfigScope, Origin, Range } from "../types.ts";
import { type Setting, settingsOf, strictNodeAt } from "./settings.ts";

/** A place as programs read it: no classes, nothing lazy. */
export type PlainOrigin = {
  scope: ConfigScope;
  /** Name of the preset that sets the value. */
  preset?: string;
  /** File, or `preset:<name>`; absent for defaults. */
  path?: string;
  range?: Range;
  /** Place in a file that asks for the preset. */
  askedBy?: { scope: ConfigScope; path: string; range: Range };
};

/** One value of the effective configuration: a scalar, an element of a list, or an empty list. */
export type EffectiveValue = {
  keyPath: string;
  segments: KeySegments;
  value: unknown;
  origin: PlainOrigin;
  /** The values that it replaces, strongest first. */
  overrode: { value: unknown; written: string; origin: PlainOrigin }[];
};

/**
 * Who said what, of one loaded configuration. Everything is looked up when it is asked for, so that
 * loading costs no more.
 */
export class Provenance {
  private readonly layers: readonly Document[];
  private readonly merged: Table;
  private readonly presetUses: ReadonlyMap<string, Origin>;
  private readonly rejected: readonly KeySegments[];

  constructor(sources: {
    /** Presets and files, weakest first. */
    layers: readonly Document[];
    merged: Table;
    /** For a path of a preset, the place in a user's file that brought it in. */
    presetUses: ReadonlyMap<string, Origin>;
    /** Keys whose values are not valid, and so not in force. */
    rejected: readonly KeySegments[];
  }) {
    this.layers = sources.layers;
    this.merged = sources.merged;
    this.presetUses = sources.presetUses;
    this.rejected = sources.rejected;
  }

  /** The presets in force with the places that ask for them, first one first. */
  get presets(): { name: string; origin: PlainOrigin }[] {
    return [...this.presetUses].map(([path, use]) => ({
      name: presetName(path) ?? path,
      origin: this.plain(use),
    }));
  }

  /** The file to name for what no file sets. */
  get lastPath(): string {
    return this.layers.at(-1)?.path ?? "airlock.toml";
  }

  /** All settings of a key, weakest first. */
  settings(segments: KeySegments): Setting[] {
    const settings = segments.some((segment) => typeof segment === "number")
      ? this.element(segments)
      : settingsOf(this.layers, segments);
    if (!this.isRejected(segments)) return settings;
    return settings.map((each) => {
      const isInForce = each.effect === "wins" || each.effect === "joined";
      return isInForce ? { ...each, effect: "invalid" as const } : each;
    });
  }

  /** Where a value of the effective configuration comes from. */
  originOf(segments: KeySegments): PlainOrigin {
    const origin = this.placeOf(segments);
    return origin === undefined ? { scope: "default" } : this.plain(origin);
  }

  /** The place that is answerable for a value, for a preset's where it is asked for; none for defaults. */
  answerableOrigin(segments: KeySegments): Origin | undefined {
    const origin = this.placeOf(segments);
    return origin && this.place(origin);
  }

  /** For something in a preset, the place in a user's file that brought it in. */
  place(origin: Origin): Origin {
    return this.presetUses.get(origin.path) ?? origin;
  }

  /** Every value of a configuration, in its order. */
  values(config: Config): EffectiveValue[] {
    const found: EffectiveValue[] = [];
    visitScalars(config, [], (segments, value) => {
      found.push({
        ...{ keyPath: formatKeyPath(segments), segments, value },
        ...{ origin: this.originOf(segments), overrode: this.overrode(segments) },
      });
    });
    return found;
  }

  plain(origin: Origin): PlainOrigin {
    const { scope, path, range } = origin;
    const preset = presetName(path);
    const use = this.presetUses.get(path);
    return {
      scope,
      ...(preset !== undefined && { preset }),
      path,
      range,
      ...(use !== undefined && { askedBy: { scope: use.scope, path: use.path, range: use.range } }),
    };
  }

  private placeOf(segments: KeySegments): Origin | undefined {
    if (this.isRejected(segments)) return undefined;
    const node = strictNodeAt(this.merged, segments) ?? this.imageName(segments);
    if (node instanceof Leaf) return node.value === null ? undefined : node.origin;
    return Array.isArray(node) ? this.settings(segments).at(-1)?.origin : undefined;
  }

  private overrode(segments: KeySegments): EffectiveValue["overrode"] {
    if (typeof segments.at(-1) === "number" || this.isRejected(segments)) return [];
    return this.settings(segments)
      .filter(({ effect }) => effect === "overridden")
      .map(({ value, written, origin }) => ({ value, written, origin: this.plain(origin) }))
      .reverse();
  }

  /** A list with an element that is not valid is left out as a whole. */
  private isRejected(segments: KeySegments): boolean {
    return this.rejected.some((rejected) => {
      const isAbove = rejected.every((segment, index) => segment === segments[index]);
      const isElement =
        typeof rejected[segments.length] === "number" &&
        segments.every((segment, index) => segment === rejected[index]);
      return isAbove || isElement;
    });
  }

  /** Joining lists moves elements, but each knows its place. */
  private element(segments: KeySegments): Setting[] {
    const node = strictNodeAt(this.merged, segments);
    if (!(node instanceof Leaf)) return [];
    const { value, origin } = node;
    const keyPath = formatKeyPath(segments);
    return [{ keyPath, value, written: node.source(), origin, effect: "wins" }];
  }

  /** `image = "x"` is short for a table with the name. */
  private imageName(segments: KeySegments) {
    if (formatKeyPath(segments) !== "vm.image.name") return undefined;
    return strictNodeAt(this.merged, segments.slice(0, -1));
  }
}

function presetName(path: string): string | undefined {
  return path.startsWith("preset:") ? path.slice("preset:".length) : undefined;
}

/** Calls `visit` for everything below `value` that is no table, and no list with elements. */
export function visitScalars(
  value: unknown,
  segments: KeySegments,
  visit: (segments: KeySegments, value: unknown) => void,
): void {
  if (typeof value !== "object" || value === null) {
    if (value !== undefined) visit(segments, value);
    return;
  }
  if (Array.isArray(value) && value.length === 0) visit(segments, value);
  const children: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  for (const [segment, child] of children) visitScalars(child, [...segments, segment], visit);
}
