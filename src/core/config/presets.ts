import { readDocument } from "./formats/document.ts";
import {
  type Document,
  isNullLeaf,
  Leaf,
  type Places,
  type Table,
  type Tree,
} from "./formats/tree.ts";
import { mergeTables } from "./merge.ts";
import { formatKeyPath } from "./names/keyPath.ts";
import { nearest } from "./names/nearest.ts";
import { type Diagnostic, type Origin, startOfFile } from "./types.ts";

/** Text of each preset by name, in TOML. */
export type PresetTexts = Readonly<Record<string, string>>;

/** A use of a preset: its name, and where a file asks for it. */
export type PresetUse = { name: string; origin: Origin };

export type PresetResult = {
  /** All presets asked for, merged; without a `presets` key. */
  tree: Table;
  /** Names of the presets applied, first one first. */
  applied: string[];
  /** For each preset applied, the place in the user's files that brought it in. */
  uses: Map<string, Origin>;
  places: Places[];
  /** The presets applied, first one first, without the presets below them. */
  documents: Document[];
  diagnostics: Diagnostic[];
};

/** Reads the `presets` of one document; whatever in it is no list of texts is reported. */
export function presetUses(
  presets: Tree | undefined,
  at: Origin,
): { uses: PresetUse[]; diagnostics: Diagnostic[] } {
  const uses: PresetUse[] = [];
  const diagnostics: Diagnostic[] = [];
  if (presets === undefined || isNullLeaf(presets)) return { uses, diagnostics };
  if (!Array.isArray(presets)) {
    return { uses, diagnostics: [wrongType("presets", at, "a list of preset names")] };
  }
  for (const [index, element] of presets.entries()) {
    const origin = element instanceof Leaf ? element.origin : at;
    if (element instanceof Leaf && typeof element.value === "string") {
      uses.push({ name: element.value, origin });
    } else {
      const keyPath = formatKeyPath(["presets", index]);
      diagnostics.push(wrongType(keyPath, origin, "the name of a preset"));
    }
  }
  return { uses, diagnostics };
}

function wrongType(keyPath: string, { path, range }: Origin, what: string): Diagnostic {
  const message = `\`${keyPath}\`: expected ${what}`;
  return { severity: "error", code: "type", message, path, range, keyPath };
}

/**
 * Applies presets depth first: a preset's own presets go below it, later names over earlier ones, and
 * each at most once.
 */
export function resolvePresets(uses: readonly PresetUse[], texts: PresetTexts): PresetResult {
  const resolver = new PresetResolver(texts);
  for (const use of uses) resolver.apply(use, []);
  return resolver.result;
}

/** Presets are part of the program: each is read once. */
function readPreset(texts: PresetTexts, name: string): Document {
  const known = presetDocuments.get(texts) ?? new Map<string, Document>();
  presetDocuments.set(texts, known);
  const text = texts[name] ?? "";
  const document =
    known.get(name) ?? readDocument({ scope: "preset", path: `preset:${name}`, text });
  known.set(name, document);
  return document;
}

const presetDocuments = new WeakMap<PresetTexts, Map<string, Document>>();

class PresetResolver {
  readonly result: PresetResult = {
    tree: {},
    applied: [],
    uses: new Map(),
    places: [],
    documents: [],
    diagnostics: [],
  };
  private readonly texts: PresetTexts;

  constructor(texts: PresetTexts) {
    this.texts = texts;
  }

  apply(use: PresetUse, chain: readonly string[]): void {
    const { name, origin } = use;
    if (this.result.applied.includes(name)) return;
    if (chain.includes(name)) {
      const message = `circular preset dependency: ${[...chain, name].join(" -> ")}`;
      this.report("circular-preset", origin, { message });
      return;
    }
    if (!Object.hasOwn(this.texts, name)) {
      this.reportUnknown(use);
      return;
    }
    this.applyKnown(use, [...chain, name]);
  }

  private applyKnown({ name, origin }: PresetUse, chain: readonly string[]): void {
    const path = `preset:${name}`;
    const document = readPreset(this.texts, name);
    this.result.diagnostics.push(...document.diagnostics);
    const { presets, ...rest } = document.root ?? {};
    const inner = presetUses(presets, { scope: "preset", path, range: startOfFile });
    this.result.diagnostics.push(...inner.diagnostics);
    // What a preset asks for is asked for by the user's file that names it.
    for (const use of inner.uses) this.apply({ name: use.name, origin }, chain);
    this.result.tree = mergeTables(this.result.tree, rest);
    this.result.applied.push(name);
    this.result.uses.set(path, origin);
    this.result.places.push(document.places);
    this.result.documents.push(document);
  }

  private reportUnknown({ name, origin }: PresetUse): void {
    const suggestion = nearest(name, Object.keys(this.texts));
    const hint = suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
    const message = `unknown preset \`${name}\`${hint}`;
    this.report(
      "unknown-preset",
      origin,
      suggestion === undefined ? { message } : { message, suggestion },
    );
  }

  private report(
    code: string,
    { path, range }: Origin,
    words: { message: string; suggestion?: string },
  ): void {
    const place = { path, range, keyPath: "presets" };
    this.result.diagnostics.push({ severity: "error", code, ...place, ...words });
  }
}
