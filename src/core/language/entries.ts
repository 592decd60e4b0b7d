import type * as z from "zod";
import { schemaAt, shapeOf } from "#core/config/fields/inspect.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import { isPreset } from "./beside.ts";
import { knownNames, type LanguageContext } from "./context.ts";
import {
  contains,
  type DocumentModel,
  type ModelNode,
  nodeAtOffset,
  type Span,
  unquoted,
} from "./model/model.ts";

/** What a name at an offset refers to across all files: a preset, or an entry of a map. */
export type Subject =
  | { kind: "preset"; name: string; span: Span }
  | { kind: "entry"; segments: KeySegments; name: string; span: Span };

export function subjectAt(
  model: DocumentModel,
  schema: z.ZodType,
  offset: number,
): Subject | undefined {
  const name = nameAt(model, schema, offset);
  if (name !== undefined) return name;
  const node = nodeAtOffset(model, offset);
  if (node === undefined) return undefined;
  if (isPreset(node)) return { kind: "preset", name: unquoted(model, node.span), span: node.span };
  return undefined;
}

/** The entry whose name is under the cursor, also in the middle of a dotted key or header. */
function nameAt(model: DocumentModel, schema: z.ZodType, offset: number): Subject | undefined {
  for (const node of model.nodes) {
    const found = namesOf(model, schema, node).find(({ span }) => contains(span, offset));
    if (found !== undefined) return { kind: "entry", ...found };
  }
  return undefined;
}

/** Every place in a document where the entry or preset is named. */
export function placesOf(model: DocumentModel, schema: z.ZodType, subject: Subject): Span[] {
  if (subject.kind === "preset") {
    return model.nodes
      .filter((node) => isPreset(node) && unquoted(model, node.span) === subject.name)
      .map(({ span }) => span);
  }
  const keyPath = formatKeyPath(subject.segments);
  const spans = model.nodes
    .flatMap((node) => namesOf(model, schema, node))
    .filter((each) => formatKeyPath(each.segments) === keyPath)
    .map(({ span }) => span);
  return spans.filter(
    ({ start }, index) => spans.findIndex((other) => other.start === start) === index,
  );
}

type EntryName = { segments: KeySegments; name: string; span: Span };

/** The names of entries in one key as written: `[network.rules.web]` names the rule `web`. */
function namesOf(model: DocumentModel, schema: z.ZodType, node: ModelNode): EntryName[] {
  if (node.keySpan === undefined) return [];
  const { segments, keySpan } = node;
  const last = segments.length - 1;
  const own = isEntryName(schema, segments)
    ? [{ segments, name: String(segments[last]), span: keySpan }]
    : [];
  if (model.format !== "toml") return own;
  return [...own, ...earlierNames(model, schema, node)];
}

/** In TOML a key can name the tables around it, and so the entry: `web.enabled`, `[daemons.web.env]`. */
function earlierNames(model: DocumentModel, schema: z.ZodType, node: ModelNode): EntryName[] {
  const found: EntryName[] = [];
  let end = node.keySpan?.start ?? 0;
  for (let length = node.segments.length - 1; length > 0; length--) {
    const before = /(?:"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*'|[\w-]+)[ \t]*\.[ \t]*$/.exec(
      model.text.slice(Math.max(0, end - 300), end),
    );
    if (before === null) break;
    const start = end - before[0].length;
    const written = before[0].replace(/[ \t]*\.[ \t]*$/, "");
    const segments = node.segments.slice(0, length);
    if (isEntryName(schema, segments)) {
      const span = { start, end: start + written.length };
      found.push({ segments, name: String(segments.at(-1)), span });
    }
    end = start;
  }
  return found;
}

/** Names in a map of tables; variables of an environment are no entries. */
function isEntryName(schema: z.ZodType, segments: KeySegments): boolean {
  if (typeof segments.at(-1) !== "string") return false;
  const parent = schemaAt(schema, segments.slice(0, -1));
  const shape = parent === undefined ? undefined : shapeOf(parent);
  return shape?.kind === "named" && shapeOf(shape.entry).kind === "table";
}

/** Why something cannot be renamed at all, or not to this name; undefined when it can. */
export function renameProblem(
  context: LanguageContext,
  subject: Subject | undefined,
  newName?: string,
): string | undefined {
  if (subject?.kind !== "entry") return "Only named entries can be renamed.";
  const { segments, name } = subject;
  const origins = context.result?.origins.get(formatKeyPath(segments)) ?? [];
  const preset = origins.find(({ scope }) => scope === "preset")?.path.replace("preset:", "");
  if (preset !== undefined) {
    return `\`${name}\` is an entry of the preset \`${preset}\`, which keeps its name. Switch it off and make one of your own instead.`;
  }
  if (newName === undefined || newName === name) return undefined;
  if (!isPossibleName(newName)) return `\`${newName}\` cannot be used as a name.`;
  const parents = segments.slice(0, -1);
  if (!knownNames(context, parents).has(newName)) return undefined;
  return `There is an entry \`${formatKeyPath([...parents, newName])}\` already.`;
}

/** The same rules for all entries: some of their names become names of files. */
function isPossibleName(name: string): boolean {
  const isFileName = !/^\.{0,2}$|[/\\\p{Cc}]/u.test(name) && name.length <= 200;
  return isFileName && !(name in Object.prototype);
}
