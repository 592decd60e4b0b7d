import { choicesOf, defaultOf, descriptionOf, schemaAt, shapeOf } from "../fields/inspect.ts";
import { loadConfig } from "../load.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { nearest } from "../names/nearest.ts";
import { type Config, configFileSchema } from "../schema.ts";
import type { HostFacts } from "../types.ts";
import { originText, type ShowPath, shortValue, sizeText } from "./originText.ts";
import type { PlainOrigin, Provenance } from "./provenance.ts";
import type { Effect } from "./settings.ts";

/** The whole story of one key. */
export type Explanation = {
  keyPath: string;
  /** What the schema says about the key. */
  doc: string | undefined;
  choices: string[] | undefined;
  default: unknown;
  /** The value in force, or that of the valid parts beside errors; undefined when there is none. */
  value: unknown;
  /** Where the value in force comes from; absent for tables and lists. */
  origin: PlainOrigin | undefined;
  /** Everything that is said about the key, weakest first. */
  settings: {
    keyPath: string;
    value: unknown;
    written: string;
    effect: Effect;
    origin: PlainOrigin;
  }[];
};

export type ExplainSources = {
  /** What the valid parts of the configuration amount to. */
  effective: Config | undefined;
  provenance: Provenance;
  host: HostFacts;
};

/** Explains a key, or says which known key is nearest when there is none of this name. */
export function explain(
  segments: KeySegments,
  { effective, provenance, host }: ExplainSources,
): Explanation | { unknown: string; suggestion: string | undefined } {
  const schema = schemaAt(configFileSchema, segments);
  const settings = provenance.settings(segments);
  if (schema === undefined && settings.length === 0) return unknownKey(segments);
  const value = segments[0] === "presets" ? presetNames(provenance) : valueAt(effective, segments);
  const isScalar = typeof value !== "object" && value !== undefined;
  return {
    keyPath: formatKeyPath(segments),
    doc: schema && descriptionOf(schema),
    choices: schema && choicesOf(schema),
    default: valueAt(loadConfig([], host).config, segments) ?? (schema && defaultOf(schema)),
    value,
    origin: isScalar ? provenance.originOf(segments) : undefined,
    settings: settings.map(({ origin, ...setting }) => ({
      ...setting,
      origin: provenance.plain(origin),
    })),
  };
}

function presetNames({ presets }: Provenance): string[] {
  return presets.map(({ name }) => name);
}

function unknownKey(segments: KeySegments) {
  for (let length = segments.length - 1; length >= 0; length--) {
    const above =
      length === 0 ? configFileSchema : schemaAt(configFileSchema, segments.slice(0, length));
    if (above === undefined) continue;
    const shape = shapeOf(above);
    const known = shape.kind === "table" ? Object.keys(shape.keys) : [];
    const name = nearest(String(segments[length]), known);
    const suggestion = name && formatKeyPath([...segments.slice(0, length), name]);
    return { unknown: formatKeyPath(segments), suggestion };
  }
  return { unknown: formatKeyPath(segments), suggestion: undefined };
}

function valueAt(value: unknown, segments: KeySegments): unknown {
  let current = value;
  for (const segment of segments) {
    if (typeof current !== "object" || current === null) return undefined;
    if (!Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string | number, unknown>)[segment];
  }
  return current;
}

/** The explanation for a person. */
export function explanationText(explanation: Explanation, showPath: ShowPath): string {
  const { keyPath, value, doc, choices, settings } = explanation;
  const lines = [`${keyPath} = ${value === undefined ? "(not set)" : display(keyPath, value)}`];
  if (doc !== undefined) lines.push("", doc);
  if (choices !== undefined) lines.push(`One of ${choices.join(", ")}.`);
  lines.push("", ...defaultLines(explanation));
  for (const setting of settings) {
    const { effect, origin } = setting;
    const what = setting.keyPath === keyPath ? "" : `${setting.keyPath} = `;
    const written = setting.written.includes("\n") ? "" : setting.written;
    lines.push(`${originText(origin, showPath)}`);
    lines.push(`    ${what}${written || shortValue(setting.value)}`);
    lines.push(`    ${effectTexts[effect]}`);
  }
  return `${lines.join("\n")}\n`;
}

function defaultLines({ keyPath, default: standard, settings, value }: Explanation): string[] {
  if (standard === undefined) return value === undefined ? [] : ["no default"];
  const decided = settings.some(({ effect }) => effect === "wins" || effect === "joined");
  const isTable = typeof standard === "object";
  const state = decided ? (isTable ? "" : "\n    overridden") : "\n    in force";
  const text = isTable ? shortValue(standard) : display(keyPath, standard);
  return [`default\n    ${text}${state}`];
}

function display(keyPath: string, value: unknown): string {
  const size = sizeText(keyPath, value);
  const text = typeof value === "object" ? JSON.stringify(value, undefined, 2) : shortValue(value);
  return size === undefined ? text : `${text} (${size})`;
}

const effectTexts: Readonly<Record<Effect, string>> = {
  wins: "in force",
  joined: "in force, joined with the others: lists and tables of several files add up",
  overridden: "overridden: a later file goes over it",
  invalid: "not valid, and so not in force",
  ignored: "ignored: null means not set",
  clears: "discards what earlier files say below it, because it is of another form",
};
