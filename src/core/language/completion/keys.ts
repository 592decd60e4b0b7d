import type * as z from "zod";
import {
  descriptionOf,
  isRequired,
  isText,
  schemaAt,
  shapeOf,
} from "#core/config/fields/inspect.ts";
import type { LanguageContext } from "../context.ts";
import { keysBelow, type Place } from "../model/model.ts";
import { headerCompletions } from "./headers.ts";
import { type Completion, escapeSnippet, writeKey } from "./items.ts";
import { bodySnippet, entryKeys, keySnippet, Stops, separators } from "./snippets.ts";

type KeyPlace = Extract<Place, { role: "key" }>;

export function keyCompletions(context: LanguageContext, place: KeyPlace): Completion[] {
  const schema = schemaAt(context.schema, place.parents);
  if (schema === undefined) return [];
  const shape = shapeOf(schema);
  const headers = place.startsLine && context.model.format === "toml" && !place.hasValue;
  const sections = headers ? headerCompletions(context, { span: place.span, form: "line" }) : [];
  if (shape.kind === "named") return [...entries(context, place, shape.entry), ...sections];
  if (shape.kind !== "table") return sections;
  const present = presentKeys(context, place);
  const keys = Object.entries(shape.keys).filter(([name]) => !present.has(name));
  return [...keys.flatMap((key) => keyCompletion(context, place, key)), ...sections];
}

/** Keys that stand there already, but for the one under the cursor. */
function presentKeys({ model }: LanguageContext, { parents, span }: KeyPlace): Set<string> {
  const present = new Set(keysBelow(model, parents));
  for (const { segments, keySpan } of model.nodes) {
    const isUnderCursor = keySpan?.start === span.start && keySpan.end === span.end;
    if (isUnderCursor && keySpan.end > keySpan.start) present.delete(String(segments.at(-1)));
  }
  return present;
}

function keyCompletion(
  { model }: LanguageContext,
  place: KeyPlace,
  [name, schema]: [string, z.ZodType],
): Completion[] {
  const isTable = isOnlyTable(schema);
  // A table that can begin a line gets a header; see there.
  if (isTable && place.startsLine && model.format === "toml") return [];
  const documentation = descriptionOf(schema);
  const completion: Completion = {
    ...{ label: name, kind: isTable ? "table" : "key", span: place.span },
    snippet: keyText(place, [name, schema], model.format) + comma(model, place),
    filter: quoted(place, model, name),
    isGeneric: true,
  };
  if (isRequired(schema)) completion.detail = "required";
  return [documentation === undefined ? completion : { ...completion, documentation }];
}

function keyText(
  place: KeyPlace,
  [name, schema]: readonly [string, z.ZodType],
  format: "toml" | "json" | "yaml",
): string {
  const key = escapeSnippet(writeKey(name, format));
  if (place.hasValue) return key;
  const isTable = isOnlyTable(schema);
  if (isTable && format === "toml") return `${key}.`;
  if (isTable && format === "yaml") return `${key}:\n  $1`;
  return keySnippet([name, schema], format, new Stops());
}

/** An image is a table, too, but mostly written as a text. */
function isOnlyTable(schema: z.ZodType): boolean {
  return ["table", "named"].includes(shapeOf(schema).kind) && !isText(schema);
}

/** Entries of other files to change here, and a new one. */
function entries(context: LanguageContext, place: KeyPlace, entry: z.ZodType): Completion[] {
  const { model, beside } = context;
  const present = presentKeys(context, place);
  const documentation = descriptionOf(entry);
  const described = documentation === undefined ? {} : { documentation };
  const known = [...(beside?.names(place.parents) ?? [])].filter((name) => !present.has(name));
  const isTable = shapeOf(entry).kind === "table";
  const overrides = known.map((name): Completion => {
    const snippet = place.hasValue
      ? escapeSnippet(writeKey(name, model.format))
      : overrideSnippet(name, entry, model.format);
    const filter = quoted(place, model, name);
    const at = { kind: "entry" as const, span: place.span, filter, isGeneric: false };
    const detail = isTable ? "switch off; defined elsewhere" : "defined elsewhere";
    return { label: name, detail, ...described, ...at, snippet: snippet + comma(model, place) };
  });
  if (!isTable || place.hasValue) return overrides;
  const created: Completion = {
    ...{ label: "<name>", kind: "entry", detail: "new entry", ...described, span: place.span },
    snippet: newEntry(entry, model.format) + comma(model, place),
    filter: quoted(place, model, model.text.slice(place.span.start, place.span.end) || "name"),
    isGeneric: false,
  };
  return [...overrides, created];
}

/** An entry that another file defines is named here mostly to switch it off. */
function overrideSnippet(name: string, entry: z.ZodType, format: "toml" | "json" | "yaml") {
  const key = escapeSnippet(writeKey(name, format));
  if (shapeOf(entry).kind !== "table") return keySnippet([name, entry], format, new Stops());
  if (format === "toml") return `${key}.enabled = false`;
  return format === "yaml" ? `${key}:\n  enabled: false` : `${key}: { "enabled": false }`;
}

function newEntry(entry: z.ZodType, format: "toml" | "json" | "yaml"): string {
  const stops = new Stops();
  const name = `\${${stops.next()}:name}`;
  const keys = bodySnippet(entryKeys(entry), format, stops);
  if (format === "yaml") return `${name}:\n${keys.map((key) => `  ${key}`).join("\n")}`;
  const key = format === "json" ? `"${name}"` : name;
  return `${key}${separators[format]}{ ${keys.join(", ")} }`;
}

function quoted(place: KeyPlace, { text }: LanguageContext["model"], name: string): string {
  const first = text[place.span.start];
  return first === '"' || first === "'" ? `${first}${name}${first}` : name;
}

/** In JSON, the next key needs a comma before it. */
function comma({ format, text }: LanguageContext["model"], { span, hasValue }: KeyPlace): string {
  if (format !== "json" || hasValue) return "";
  return /^\s*"/.test(text.slice(span.end, span.end + 500)) ? "," : "";
}
