import type * as z from "zod";
import { descriptionOf, shapeOf } from "#core/config/fields/inspect.ts";
import { type KeySegments, keyPathBelow } from "#core/config/names/keyPath.ts";
import { knownNames, type LanguageContext } from "../context.ts";
import type { Span } from "../model/model.ts";
import { type Completion, escapeSnippet, writeKey } from "./items.ts";
import { bodySnippet, entryKeys, Stops } from "./snippets.ts";

/** A table that can have a header, with its path written; without a name it is a new entry. */
type Section = {
  segments: readonly string[];
  keyPath: string;
  schema: z.ZodType;
  hasNewName: boolean;
};

/** Headers that can be begun: sections, known entries, and new ones with all they need. */
export function headerCompletions(
  context: LanguageContext,
  at: { span: Span; form: "line" | "open" | "closed" },
): Completion[] {
  const typed = context.model.text.slice(at.span.start, at.span.end);
  const search: Search = { context, typed, found: [] };
  addSections(search, { segments: [], keyPath: "", schema: context.schema });
  return search.found.map((section) => toCompletion(context, section, at));
}

type Table = Omit<Section, "hasNewName">;
type Search = { context: LanguageContext; typed: string; found: Section[] };

function addSections(search: Search, table: Table): void {
  const shape = shapeOf(table.schema);
  if (shape.kind === "table") {
    for (const child of tablesOf(table.schema)) addSection(search, below(table, child));
  }
  if (shape.kind !== "named" || shapeOf(shape.entry).kind !== "table") return;
  const { entry } = shape;
  addIfNew(search, { ...table, schema: entry, hasNewName: true });
  for (const name of knownNames(search.context, table.segments)) {
    addSection(search, below(table, [name, entry]));
  }
}

function addSection(search: Search, table: Table): void {
  const shape = shapeOf(table.schema);
  const isOnlyNames = shape.kind === "named" && shapeOf(shape.entry).kind === "table";
  if (!isOnlyNames) addIfNew(search, table);
  addSections(search, table);
}

function addIfNew({ context, typed, found }: Search, section: Table & Partial<Section>): void {
  const { keyPath, hasNewName = false } = section;
  const isNew = context.model.byPath.get(keyPath)?.isHeader !== true || typed === keyPath;
  if (isNew) found.push({ ...section, hasNewName });
}

/** A file has hundreds of entries, and each is asked for at every key somebody types. */
function below({ segments, keyPath }: Table, [name, schema]: readonly [string, z.ZodType]): Table {
  return { segments: [...segments, name], keyPath: keyPathBelow(keyPath, name), schema };
}

/** The keys of a table that can have a header of their own. Schemas never change. */
function tablesOf(schema: z.ZodType): readonly [string, z.ZodType][] {
  const known = tables.get(schema);
  if (known !== undefined) return known;
  const shape = shapeOf(schema);
  const keys = shape.kind === "table" ? Object.entries(shape.keys) : [];
  const found = keys.filter(([, each]) => ["table", "named"].includes(shapeOf(each).kind));
  tables.set(schema, found);
  return found;
}

const tables = new WeakMap<z.ZodType, readonly [string, z.ZodType][]>();

function toCompletion(
  context: LanguageContext,
  { segments, schema, hasNewName }: Section,
  { span, form }: { span: Span; form: "line" | "open" | "closed" },
): Completion {
  const name = segments.map((segment) => writeKey(segment, "toml")).join(".");
  const stops = new Stops();
  const title = escapeSnippet(name) + (hasNewName ? `.\${${stops.next()}:name}` : "");
  const keys = hasNewName ? bodySnippet(entryKeys(schema), "toml", stops) : [];
  const replacesBracket = form === "closed" && hasNewName && isEmpty(context, span);
  const hasBody = form !== "closed" || replacesBracket;
  const body = hasBody ? `]\n${[...keys, ""].join("\n")}` : "";
  const label = `[${name}${hasNewName ? ".<name>" : ""}]`;
  const documentation = descriptionOf(schema);
  return {
    ...{ label, kind: hasNewName ? "entry" : "table" },
    span: replacesBracket ? { start: span.start, end: span.end + 1 } : span,
    ...(documentation === undefined ? {} : { documentation }),
    ...(isElsewhere(context, segments) && !hasNewName ? { detail: "set elsewhere" } : {}),
    snippet: `${form === "line" ? "[" : ""}${title}${body}`,
    filter: form === "line" ? `[${name}` : name,
    isGeneric: !hasNewName && !isElsewhere(context, segments),
  };
}

/** Editors close a bracket as it is typed, so a header with nothing below is one just begun. */
function isEmpty({ model }: LanguageContext, { end }: Span): boolean {
  return /^\][ \t]*(?:\r?\n\s*\[|\s*$)/.test(model.text.slice(end));
}

function isElsewhere({ beside }: LanguageContext, segments: KeySegments): boolean {
  return beside?.has(segments) ?? false;
}
