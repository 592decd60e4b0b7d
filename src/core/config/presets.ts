import { readDocument } from "./formats/document.ts";
import { Leaf, type Places, type Table, type Tree } from "./formats/tree.ts";
import { formatKeyPath } from "./keyPath.ts";
import { mergeTables } from "./merge.ts";
import { nearest } from "./nearest.ts";
import { type Diagnostic, type Origin, type Range, startOfFile } from "./types.ts";

/** Text of each preset by name, in TOML. */
export type PresetTexts = Readonly<Record<string, string>>;

/** A use of a preset: its name, and where a file asks for it. */
type Use = { name: string; origin: Origin };

export type PresetResult = {
  /** All presets asked for, merged; without a `presets` key. */
  tree: Table;
  /** Names of the presets applied, first one first. */
  applied: string[];
  /** For each preset applied, the place in the user's files that brought it in. */
  uses: Map<string, Origin>;
  places: Places[];
  diagnostics: Diagnostic[];
};

/** Reads the `presets` lists of one document. Everything in them that is no text is reported. */
export function presetUses(presets: Tree | undefined, at: Origin): Use[] | Diagnostic[] {
  if (presets === undefined || (presets instanceof Leaf && presets.value === null)) return [];
  if (!Array.isArray(presets)) return [wrongType("presets", at, "a list of preset names")];
  const uses: Use[] = [];
  const problems: Diagnostic[] = [];
  for (const [index, element] of presets.entries()) {
    if (element instanceof Leaf && typeof element.value === "string") {
      uses.push({ name: element.value, origin: element.origin });
    } else {
      const origin = element instanceof Leaf ? element.origin : at;
      problems.push(wrongType(formatKeyPath(["presets", index]), origin, "the name of a preset"));
    }
  }
  return problems.length > 0 ? problems : uses;
}

function wrongType(keyPath: string, { path, range }: Origin, what: string): Diagnostic {
  const message = `\`${keyPath}\`: expected ${what}`;
  return { severity: "error", code: "type", message, path, range, keyPath };
}

/**
 * Applies presets depth first: a preset's own presets go below it, later names over earlier ones, and
 * each at most once.
 */
export function resolvePresets(uses: readonly Use[], texts: PresetTexts): PresetResult {
  const resolver = new PresetResolver(texts);
  for (const use of uses) resolver.apply(use, []);
  return resolver.result;
}

class PresetResolver {
  readonly result: PresetResult = {
    tree: {},
    applied: [],
    uses: new Map(),
    places: [],
    diagnostics: [],
  };
  private readonly texts: PresetTexts;

  constructor(texts: PresetTexts) {
    this.texts = texts;
  }

  apply(use: Use, chain: readonly string[]): void {
    const { name, origin } = use;
    if (this.result.applied.includes(name)) return;
    if (chain.includes(name)) {
      const message = `circular preset dependency: ${[...chain, name].join(" -> ")}`;
      this.report("circular-preset", origin, message);
      return;
    }
    if (!Object.hasOwn(this.texts, name)) {
      this.reportUnknown(use);
      return;
    }
    this.applyKnown(use, [...chain, name]);
  }

  private applyKnown({ name, origin }: Use, chain: readonly string[]): void {
    const path = `preset:${name}`;
    const document = readDocument({ scope: "preset", path, text: this.texts[name] ?? "" });
    this.result.diagnostics.push(...document.diagnostics);
    const { presets, ...rest } = document.root ?? {};
    // Whatever is wrong inside a preset is shown where the user's file asks for it.
    const inner = presetUses(presets, { scope: "preset", path, range: startOfFile });
    for (const use of inner) {
      if ("severity" in use) this.result.diagnostics.push(use);
      else this.apply({ name: use.name, origin }, chain);
    }
    this.result.tree = mergeTables(this.result.tree, rest);
    this.result.applied.push(name);
    this.result.uses.set(path, origin);
    this.result.places.push(document.places);
  }

  private reportUnknown({ name, origin }: Use): void {
    const suggestion = nearest(name, Object.keys(this.texts));
    const hint = suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
    this.report("unknown-preset", origin, `unknown preset \`${name}\`${hint}`, suggestion);
  }

  private report(code: string, origin: Origin, message: string, suggestion?: string): void {
    const range: Range = origin.range;
    const diagnostic: Diagnostic = {
      ...{ severity: "error", code, message, path: origin.path, range, keyPath: "presets" },
    };
    this.result.diagnostics.push(
      suggestion === undefined ? diagnostic : { ...diagnostic, suggestion },
    );
  }
}
