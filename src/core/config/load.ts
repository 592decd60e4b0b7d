import { checkClashes } from "./checks/clashes.ts";
import { checkDuplicates } from "./checks/duplicates.ts";
import { checkEntries } from "./checks/entries.ts";
import { checkHost, withHostDefaults } from "./checks/host.ts";
import { checkIntent } from "./checks/intent.ts";
import { checkKeys, removedConfigKeys } from "./checks/keys.ts";
import { joinPlaces, Locator, type Origins } from "./checks/locator.ts";
import { withoutMisfits } from "./checks/misfits.ts";
import { findNotActive } from "./checks/notActive.ts";
import { checkOverlaps } from "./checks/overlaps.ts";
import { withRelated } from "./checks/related.ts";
import { checkTargets } from "./checks/targets.ts";
import { checkTemplates } from "./checks/templates.ts";
import { validate } from "./checks/validate.ts";
import { checkVariables } from "./checks/variables.ts";
import { sortDiagnostics } from "./diagnostics.ts";
import { readDocument } from "./formats/document.ts";
import type { Document, Table } from "./formats/tree.ts";
import { mergeTables } from "./merge.ts";
import { formatKeyPath, type KeySegments, parseKeyPath } from "./names/keyPath.ts";
import { presetTexts } from "./presets.generated.ts";
import {
  type PresetResult,
  type PresetTexts,
  type PresetUse,
  presetUses,
  resolvePresets,
} from "./presets.ts";
import { Provenance } from "./provenance/provenance.ts";
import { type Config, configFileSchema, configSchema, type ParsedConfig } from "./schema.ts";
import {
  type ConfigSource,
  type Diagnostic,
  type HostFacts,
  type NotActive,
  startOfFile,
} from "./types.ts";

export type ConfigResult = {
  /** Undefined exactly when there is an error. */
  config: Config | undefined;
  /**
   * What all that is valid amounts to, also beside errors: something to show, and never to start.
   * Undefined only when nothing could be made of the files.
   */
  effective: Config | undefined;
  /** Errors and warnings, by file and position. */
  diagnostics: Diagnostic[];
  /** Entries in force that this version does not act on yet; looked up when it is asked for. */
  readonly notActive: NotActive[];
  /** Names of the presets that were applied, first one first. */
  presets: string[];
  /** All places that set a key, weakest first, by key path. */
  origins: Origins;
  /** Who set each value, and what it went over. */
  provenance: Provenance;
};

type LoadOptions = {
  /** The presets that files can ask for; those of the product else. */
  texts?: PresetTexts | undefined;
  read?: (source: ConfigSource) => Document;
};

/**
 * Makes the effective configuration of files given weakest first. Nothing here throws: whatever is
 * wrong with a file is a diagnostic with its place. Documents are never changed, so `read` may give the
 * same one again for the same text.
 */
export function loadConfig(
  sources: readonly ConfigSource[],
  host: HostFacts,
  options: LoadOptions = {},
): ConfigResult {
  const steps = loadSteps(sources, host, options);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/** The same in steps, between which others can have their turn: long files take a while. */
export function* loadSteps(
  sources: readonly ConfigSource[],
  host: HostFacts,
  { texts = presetTexts, read = readDocument }: LoadOptions = {},
): Generator<undefined, ConfigResult> {
  const written: Document[] = [];
  for (const source of sources) {
    written.push(read(source));
    yield;
  }
  const fitting = written.map((each) => withoutMisfits(each, configFileSchema));
  const misfits = misfitProblems(written, fitting, texts);
  const documents = misfits.length === 0 ? written : fitting;
  const { merged, diagnostics: whileMerging, presets } = mergeDocuments(documents, texts);
  const { origins, locator } = locate(documents, { merged, presets });
  yield;
  const validation = validate(configSchema, locator);
  yield;
  const provenance = new Provenance({
    ...{ layers: [...presets.documents, ...documents], merged, presetUses: presets.uses },
    rejected: validation.diagnostics.map(rejectedKey),
  });
  const found = [...whileMerging, ...misfits, ...validation.diagnostics];
  const parsed = validation.value;
  if (parsed !== undefined) {
    found.push(...(yield* check(parsed, host, locator)));
    found.push(...checkIntent(parsed, locator, provenance));
    found.push(...documents.flatMap(checkDuplicates));
    yield;
  }
  const diagnostics = ofWholeFiles(relevant(found, found), documents).map((each) =>
    withRelated(each, provenance),
  );
  const isValid = !diagnostics.some(({ severity }) => severity === "error");
  const effective = parsed && withHostDefaults(parsed, host);
  return {
    ...{ config: isValid ? effective : undefined, effective },
    diagnostics: sortDiagnostics(
      diagnostics,
      sources.map(({ path }) => path),
    ),
    get notActive() {
      return parsed === undefined ? [] : findNotActive(parsed, locator);
    },
    presets: presets.applied,
    origins,
    provenance,
  };
}

/** Of a file with syntax errors only these are told: whoever mends them may mend the rest as well. */
function ofWholeFiles(found: readonly Diagnostic[], documents: readonly Document[]): Diagnostic[] {
  const partial = new Set(documents.filter(({ isPartial }) => isPartial).map(({ path }) => path));
  return found.filter(({ code, path }) => !partial.has(path) || unreadable.includes(code));
}

/** What seems to be missing may stand in the file or preset that cannot be read. */
export function relevant(
  found: readonly Diagnostic[],
  others: readonly Diagnostic[],
): Diagnostic[] {
  const isIncomplete = (codes: readonly string[]) =>
    others.some(({ code }) => codes.includes(code));
  return found.filter(({ code }) => !isIncomplete(guesses[code] ?? []));
}

const unreadable = ["syntax", "unreadable", "not-a-table"];

/** Problems that may be none, with the codes of those that make them doubtful. */
const guesses: Readonly<Record<string, readonly string[]>> = {
  missing: unreadable,
  "disables-nothing": [...unreadable, "unknown-preset", "circular-preset"],
};

/** An entry without a key that it needs is left out as a whole. */
function rejectedKey({ code, keyPath }: Diagnostic): KeySegments {
  const segments = parseKeyPath(keyPath) ?? [];
  return code === "missing" ? segments.slice(0, -1) : segments;
}

/** What is said of values in place of tables, unless a later file puts a table there. */
function misfitProblems(
  documents: readonly Document[],
  fitting: readonly Document[],
  texts: PresetTexts,
): Diagnostic[] {
  const misfits = fitting.flatMap((each) => each.misfits ?? []);
  if (misfits.length === 0) return [];
  const keyPaths = new Set(misfits.map(({ segments }) => formatKeyPath(segments)));
  const { locator } = locate(documents, mergeDocuments(documents, texts));
  return validate(configSchema, locator).diagnostics.filter(({ keyPath }) => keyPaths.has(keyPath));
}

function locate(
  documents: readonly Document[],
  { merged, presets }: { merged: Table; presets: PresetResult },
): { origins: Origins; locator: Locator } {
  const origins = joinPlaces([...presets.places, ...documents.map(({ places }) => places)]);
  const fallbackPath = documents.at(-1)?.path ?? "airlock.toml";
  return {
    origins,
    locator: new Locator({ root: merged, origins, presetUses: presets.uses, fallbackPath }),
  };
}

function mergeDocuments(documents: readonly Document[], texts: PresetTexts) {
  const diagnostics: Diagnostic[] = [];
  const uses: PresetUse[] = [];
  let own: Table = {};
  for (const document of documents) {
    diagnostics.push(...document.diagnostics);
    diagnostics.push(...checkKeys(document, configFileSchema, removedConfigKeys));
    const { presets: list, ...rest } = document.root ?? {};
    own = mergeTables(own, rest);
    const place = document.places.get("presets")?.at(-1);
    const at = place ?? { scope: document.scope, path: document.path, range: startOfFile };
    const asked = presetUses(list, at);
    uses.push(...asked.uses);
    diagnostics.push(...asked.diagnostics);
  }
  const presets = resolvePresets(uses, texts);
  diagnostics.push(...presets.diagnostics);
  return { merged: mergeTables(presets.tree, own), diagnostics, presets };
}

function* check(
  config: ParsedConfig,
  host: HostFacts,
  locator: Locator,
): Generator<undefined, Diagnostic[]> {
  const found = [...checkHost(config, host, locator), ...checkVariables(config, host, locator)];
  const checks = [checkEntries, checkClashes, checkTargets, checkTemplates, checkOverlaps];
  for (const each of checks) {
    found.push(...each(config, locator));
    yield;
  }
  return found;
}
