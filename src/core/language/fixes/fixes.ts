import type * as z from "zod";
import {
  contentOf,
  isBoolean,
  isNumber,
  limitsOf,
  schemaAt,
  shapeOf,
} from "#core/config/fields/inspect.ts";
import { parseTarget } from "#core/config/fields/targets.ts";
import { formatKeyPath, type KeySegments, parseKeyPath } from "#core/config/names/keyPath.ts";
import type { LanguageContext } from "../context.ts";
import { type DocumentModel, type ModelNode, nodeOf, type Span } from "../model/model.ts";
import { type Edit, trimmed } from "./edit.ts";
import { insertKey, inTurn, removeKey, renameKey } from "./edits.ts";
import { replaceRemoved } from "./removed.ts";
import { nameElements } from "./tables.ts";
import { flowOf, NotAlone, rawOf } from "./yamlEdits.ts";

export type Fix = { title: string; edits: Edit[]; isPreferred: boolean };

/** A diagnostic as an editor hands it back. */
export type Problem = { code: string; keyPath: string; suggestion?: string; span: Span };

/** Ways to mend a problem in this document, the likeliest first. */
export function fixesFor(context: LanguageContext, problem: Problem): Fix[] {
  const segments = parseKeyPath(problem.keyPath) ?? [];
  const node = problemNode(context.model, segments, problem.span);
  const found = possible(() => fixers[problem.code]?.({ context, problem, segments, node }) ?? []);
  return found.filter(({ edits }) => edits.length > 0);
}

/** None where a value would have to be written in a form that it cannot have. */
function possible(fixes: () => Fix[]): Fix[] {
  try {
    return fixes();
  } catch (error) {
    if (error instanceof NotAlone) return [];
    throw error;
  }
}

/** Joining the lists of several files moves their elements, so these are known by their place. */
function problemNode(model: DocumentModel, segments: KeySegments, span: Span) {
  if (typeof segments.at(-1) !== "number") return nodeOf(model, segments);
  return model.nodes.find((node) => isAt(node, span));
}

function isAt(node: ModelNode, { start, end }: Span): boolean {
  return node.span.start === start && node.span.end === end;
}

type Case = {
  context: LanguageContext;
  problem: Problem;
  segments: KeySegments;
  node: ModelNode | undefined;
};

const fixers: Readonly<Record<string, (found: Case) => Fix[]>> = {
  "unknown-key": (found) => [
    ...rename(found),
    ...possible(() => move(found)),
    ...remove(found, false),
  ],
  "removed-key": (found) => [...possible(() => replace(found)), ...remove(found, false)],
  missing: addMissing,
  value: (found) => [...suggested(found), ...convert(found)],
  type: (found) => [...convert(found), ...asList(found), ...nameEach(found)],
  host: (found) => [...suggested(found), ...(found.problem.suggestion ? [] : remove(found, true))],
  clash: switchOffEntry,
  contradiction: (found) => remove(found, true),
  "never-matches": (found) => remove(found, true),
  "duplicate-entry": (found) => remove(found, true),
  "duplicate-key": removeFirst,
  "unknown-preset": (found) => [...suggested(found), ...removePreset(found)],
  "list-grows": disableInstead,
  "disables-nothing": (found) => [...rename(found), ...remove(found, true)],
};

function rename({ context, problem, node }: Case): Fix[] {
  const { suggestion } = problem;
  if (node === undefined || suggestion === undefined) return [];
  const edits = renameKey(context.model, node, suggestion);
  return [{ title: `Change to \`${suggestion}\``, edits, isPreferred: true }];
}

function remove({ context, node, segments }: Case, isPreferred: boolean): Fix[] {
  if (node === undefined || isOnlyNamed(node)) return [];
  const title = `Remove \`${formatKeyPath(segments)}\``;
  return [{ title, edits: removeKey(context.model, node), isPreferred }];
}

/** A table that has no place of its own, but only stands in the names of others: `[cache.x]`. */
function isOnlyNamed({ kind, isHeader, whole, keySpan }: ModelNode): boolean {
  return kind === "table" && !isHeader && whole.end === keySpan?.end;
}

/** A key that another section knows was probably meant for there. */
function move({ context, node, segments }: Case): Fix[] {
  const name = segments.at(-1);
  if (node === undefined || node.isHeader || isOnlyNamed(node)) return [];
  if (typeof name !== "string") return [];
  return sectionsWith(context.schema, name, [])
    .filter((parents) => nodeOf(context.model, [...parents, name]) === undefined)
    .map((parents) => moveTo({ context, node }, [...parents, name], rawOf(context.model, node)));
}

function moveTo(
  { context: { model }, node }: { context: LanguageContext; node: ModelNode },
  to: KeySegments,
  raw: string,
): Fix {
  const edits = inTurn(model, removeKey(model, node), (rest) => insertKey(rest, to, raw));
  return { title: `Move to \`${formatKeyPath(to)}\``, edits, isPreferred: false };
}

/** Sections, not entries, that have a key of this name. */
function sectionsWith(schema: z.ZodType, name: string, parents: readonly string[]): KeySegments[] {
  const shape = shapeOf(schema);
  if (shape.kind !== "table") return [];
  const own = Object.hasOwn(shape.keys, name) ? [parents] : [];
  return [
    ...own,
    ...Object.entries(shape.keys).flatMap(([key, child]) =>
      sectionsWith(child, name, [...parents, key]),
    ),
  ];
}

function replace({ context, node }: Case): Fix[] {
  const found = node === undefined ? undefined : replaceRemoved(context.model, node);
  if (found === undefined) return [];
  const title = `Replace by \`${formatKeyPath(found.to)}\``;
  return [{ title, edits: found.edits, isPreferred: true }];
}

function addMissing({ context, segments }: Case): Fix[] {
  const schema = schemaAt(context.schema, segments);
  const isHere = nodeOf(context.model, segments.slice(0, -1)) !== undefined;
  if (schema === undefined || !isHere) return [];
  const raw = shapeOf(schema).kind === "list" ? "[]" : isNumber(schema) ? "0" : '""';
  const title = `Add \`${String(segments.at(-1))}\``;
  return [{ title, edits: insertKey(context.model, segments, raw), isPreferred: true }];
}

function suggested({ context, problem }: Case): Fix[] {
  const { suggestion, span } = problem;
  if (suggestion === undefined) return [];
  const quote = context.model.text[span.start] === "'" ? "'" : '"';
  const isQuoted =
    context.model.format !== "yaml" || /["']/.test(context.model.text[span.start] ?? "");
  const isBare = /^\d/.test(context.model.text[span.start] ?? "") && /^\d+$/.test(suggestion);
  const newText = isQuoted && !isBare ? quote + suggestion + quote : suggestion;
  return [{ title: `Change to \`${suggestion}\``, edits: [{ span, newText }], isPreferred: true }];
}

/** One text where a list of them is wanted. */
function asList({ context, segments, node }: Case): Fix[] {
  const schema = schemaAt(context.schema, segments);
  if (schema === undefined || shapeOf(schema).kind !== "list" || node?.kind !== "value") return [];
  const raw = rawOf(context.model, node);
  const newText = `[${context.model.format === "yaml" ? flowOf(raw) : raw}]`;
  return [
    {
      title: `Change to \`${newText}\``,
      edits: [{ span: trimmed(context.model.text, node.span), newText }],
      isPreferred: true,
    },
  ];
}

/** `[[network.rules]]` and the like were once the way to write what has names now. */
function nameEach({ context: { model, schema }, segments }: Case): Fix[] {
  const found = schemaAt(schema, segments);
  if (found === undefined || shapeOf(found).kind !== "named") return [];
  const edits = nameElements(model, segments) ?? [];
  return [
    { title: `Give each of \`${formatKeyPath(segments)}\` a name`, edits, isPreferred: true },
  ];
}

/** The problem is about the list; the element is the one at its place. */
function removePreset({ context: { model }, problem }: Case): Fix[] {
  const { span, suggestion } = problem;
  const node = model.nodes.find((each) => each.segments[0] === "presets" && isAt(each, span));
  if (node === undefined) return [];
  const title = `Remove \`${formatKeyPath(node.segments)}\``;
  return [{ title, edits: removeKey(model, node), isPreferred: suggestion === undefined }];
}

/** Of two entries that want the same, one has to give way. */
function switchOffEntry({ context, segments }: Case): Fix[] {
  const { model, schema } = context;
  const length = segments.findIndex((_, index) => {
    const entry = schemaAt(schema, segments.slice(0, index + 1));
    return entry !== undefined && Object.hasOwn(keysOf(entry), "enabled");
  });
  const entry = segments.slice(0, length + 1);
  if (length < 0 || nodeOf(model, entry) === undefined) return [];
  if (nodeOf(model, [...entry, "enabled"]) !== undefined) return [];
  const title = `Switch off \`${formatKeyPath(entry)}\``;
  return [{ title, edits: insertKey(model, [...entry, "enabled"], "false"), isPreferred: false }];
}

function keysOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  const shape = shapeOf(schema);
  return shape.kind === "table" ? shape.keys : {};
}

/** The last one counts, so the first can go. */
function removeFirst({ context: { model }, segments }: Case): Fix[] {
  const keyPath = formatKeyPath(segments);
  const same = model.nodes.filter((node) => formatKeyPath(node.segments) === keyPath);
  const [first] = same;
  if (first === undefined || same.length < 2) return [];
  const title = `Remove the first \`${keyPath}\``;
  return [{ title, edits: removeKey(model, first), isPreferred: true }];
}

/** A number without a unit or out of range, a word that means yes or no, a target with a scheme. */
function convert({ context, segments, problem: { span } }: Case): Fix[] {
  const schema = schemaAt(context.schema, segments);
  if (schema === undefined) return [];
  const written = context.model.text.slice(span.start, span.end).replace(/^(["'])(.*)\1$/, "$2");
  return conversions(schema, written).map((newText, index) => ({
    ...{ title: `Change to \`${newText}\``, edits: [{ span, newText }] },
    isPreferred: index === 0,
  }));
}

function conversions(schema: z.ZodType, written: string): string[] {
  if (contentOf(schema) === "size") {
    const amount = /^\s*(\d+(?:\.\d+)?)\s*$/.exec(written)?.[1];
    if (amount === undefined) return [];
    const units = Number(amount) < 256 ? ["GB", "MB"] : ["MB", "GB"];
    return units.map((unit) => `"${amount} ${unit}"`);
  }
  if (contentOf(schema) === "target") return hostsOf(written).map((host) => JSON.stringify(host));
  const limits = limitsOf(schema);
  if (limits !== undefined && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(written)) {
    return [String(Math.min(Math.max(Math.floor(Number(written)), limits.min), limits.max))];
  }
  if (!isBoolean(schema)) return [];
  if (/^(yes|on|1|true)$/i.test(written)) return ["true"];
  return /^(no|off|0|false)$/i.test(written) ? ["false"] : [];
}

/** A target as it is written today: without `http:`, a scheme or a path. */
function hostsOf(written: string): string[] {
  const host = /^https?:(?:\/\/)?([^/]*?[^\d/][^/]*)(?:\/.*)?$/i.exec(written)?.[1];
  return host === undefined || "error" in parseTarget(host) ? [] : [host];
}

/** A list cannot be replaced, but its entry can be switched off in favour of another one. */
function disableInstead({ context, node, segments }: Case): Fix[] {
  const { model } = context;
  const key = segments.at(-1);
  const entry = segments.slice(0, -1);
  const name = entry.at(-1);
  if (node === undefined || key === undefined || name === undefined) return [];
  const own = [...entry.slice(0, -1), `${name}-local`];
  if (nodeOf(model, own) !== undefined || nodeOf(model, [...entry, "enabled"])) return [];
  const raw = rawOf(model, node);
  const edits = inTurn(model, insertKey(model, [...own, key], raw), (rest) => {
    const grown = nodeOf(rest, segments);
    return grown === undefined ? [] : switchOff(rest, grown);
  });
  const title = `Switch off \`${formatKeyPath(entry)}\` and make \`${formatKeyPath(own)}\``;
  return [{ title, edits, isPreferred: true }];
}

function switchOff({ format, text }: DocumentModel, node: ModelNode): Edit[] {
  const { keySpan } = node;
  const span = trimmed(text, node.span);
  if (keySpan === undefined) return [];
  const texts = { toml: "enabled = false", yaml: "enabled: false", json: '"enabled": false' };
  return [{ span: { start: keySpan.start, end: span.end }, newText: texts[format] }];
}
