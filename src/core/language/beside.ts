import { joinPlaces, type Origins } from "#core/config/checks/locator.ts";
import type { Document } from "#core/config/formats/tree.ts";
import { formatKeyPath, type KeySegments, parseKeyPath } from "#core/config/names/keyPath.ts";
import { type PresetTexts, presetUses, resolvePresets } from "#core/config/presets.ts";
import { startOfFile } from "#core/config/types.ts";
import { type DocumentModel, isBelow, type ModelNode, unquoted } from "./model/model.ts";

/**
 * The keys that the other files and the presets set: all that the names to propose depend on, so that
 * nothing has to be merged and checked anew at each key somebody types.
 */
export class KeysBeside {
  private readonly origins: Origins;
  private readonly namesByParent = new Map<string, Set<string>>();

  constructor(documents: readonly Document[], presets: readonly string[], texts: PresetTexts) {
    const own = presets.map((name) => ({ name, origin: unknownPlace }));
    const others = documents.flatMap(({ root }) => presetUses(root?.presets, unknownPlace).uses);
    const resolved = resolvePresets([...others, ...own], texts);
    this.origins = joinPlaces([...resolved.places, ...documents.map(({ places }) => places)]);
    for (const keyPath of this.origins.keys()) this.addName(parseKeyPath(keyPath) ?? []);
  }

  has(segments: KeySegments): boolean {
    return this.origins.has(formatKeyPath(segments));
  }

  /** Names directly below a key. */
  names(parents: KeySegments): ReadonlySet<string> {
    return this.namesByParent.get(formatKeyPath(parents)) ?? noNames;
  }

  private addName(segments: KeySegments): void {
    const parent = formatKeyPath(segments.slice(0, -1));
    const names = this.namesByParent.get(parent) ?? new Set();
    this.namesByParent.set(parent, names.add(String(segments.at(-1))));
  }
}

const noNames: ReadonlySet<string> = new Set();
/** Nobody asks where it is. */
const unknownPlace = { scope: "project", path: "", range: startOfFile } as const;

/** The presets that a document asks for, as far as they are written. */
export function presetsIn(model: DocumentModel): string[] {
  return model.nodes.filter(isPreset).map(({ span }) => unquoted(model, span));
}

/** Whether a node is the name of a preset that its document asks for. */
export function isPreset({ segments }: ModelNode): boolean {
  return segments.length === 2 && isBelow(segments, ["presets"]);
}
