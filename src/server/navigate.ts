import {
  type DocumentSymbol,
  type FoldingRange,
  type Location,
  type Range,
  SymbolKind,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { presetTexts } from "#core/config/presets.generated.ts";
import { writeKey } from "#core/language/completion/items.ts";
import type { LanguageContext } from "#core/language/context.ts";
import { placesOf, renameProblem, type Subject, subjectAt } from "#core/language/entries.ts";
import { formatOf } from "#core/language/model/format.ts";
import { readModel } from "#core/language/model/read.ts";
import { foldsOf, type OutlineItem, symbolsOf } from "#core/language/symbols.ts";
import { presetUri } from "#shared/presetUri.ts";
import { spanToRange } from "./protocol.ts";

/** A file that takes part, by the address the editor knows it by. */
export type TakingPart = { uri: string; path: string; text: string };

export function documentSymbols(
  document: TextDocument,
  { model }: LanguageContext,
): DocumentSymbol[] {
  const convert = ({ name, kind, span, nameSpan, children }: OutlineItem): DocumentSymbol => ({
    ...{ name: name === "" ? '""' : name, kind: symbolKinds[kind] },
    range: spanToRange(document, span),
    selectionRange: spanToRange(document, nameSpan),
    children: children.map(convert),
  });
  return symbolsOf(model).map(convert);
}

const symbolKinds = {
  table: SymbolKind.Module,
  list: SymbolKind.Array,
  value: SymbolKind.Property,
} as const;

export function foldingRanges(document: TextDocument, { model }: LanguageContext): FoldingRange[] {
  return foldsOf(model).map(({ start, end }) => ({
    startLine: document.positionAt(start).line,
    endLine: document.positionAt(end).line,
  }));
}

/** Where a preset or an entry comes from: its text, or the other files and presets that name it. */
export function definition(
  context: LanguageContext,
  offset: number,
  files: readonly TakingPart[],
): Location[] {
  const subject = subjectAt(context.model, context.schema, offset);
  if (subject === undefined) return [];
  if (subject.kind === "preset") {
    if (!Object.hasOwn(presetTexts, subject.name)) return [];
    const start = { line: 0, character: 0 };
    return [{ uri: presetUri(subject.name), range: { start, end: start } }];
  }
  const found = locations(context, subject, [...presetsOf(context), ...files]);
  const elsewhere = files.filter(({ path }) => path === context.path).map(({ uri }) => uri);
  const others = found.filter(({ uri }) => !elsewhere.includes(uri));
  return others.length > 0 ? others : found.slice(0, 1);
}

export function references(
  context: LanguageContext,
  offset: number,
  files: readonly TakingPart[],
): Location[] {
  const subject = subjectAt(context.model, context.schema, offset);
  if (subject === undefined) return [];
  return locations(context, subject, [...presetsOf(context), ...files]);
}

/** The presets that take part, as the read-only documents that they are shown as. */
function presetsOf({ result }: LanguageContext): TakingPart[] {
  return (result?.presets ?? []).map((name) => ({
    ...{ uri: presetUri(name), path: `${name}.toml`, text: presetTexts[name] ?? "" },
  }));
}

/** What a rename would change: the whole name, where an editor would take `my-keys` for two words. */
export function prepareRename(
  document: TextDocument,
  context: LanguageContext,
  offset: number,
): { range: Range; placeholder: string } | { error: string } | undefined {
  const subject = subjectAt(context.model, context.schema, offset);
  if (subject?.kind !== "entry") return undefined;
  const error = renameProblem(context, subject);
  if (error !== undefined) return { error };
  return { range: spanToRange(document, subject.span), placeholder: subject.name };
}

/** Gives an entry another name in every file that takes part; presets cannot be changed. */
export function rename(
  context: LanguageContext,
  { offset, name }: { offset: number; name: string },
  files: readonly TakingPart[],
): WorkspaceEdit | { error: string } {
  const subject = subjectAt(context.model, context.schema, offset);
  const error = renameProblem(context, subject, name);
  if (error !== undefined || subject === undefined) return { error: error ?? "" };
  const changes: NonNullable<WorkspaceEdit["changes"]> = {};
  for (const file of files) {
    const newText = writeKey(name, formatOf(file.path));
    const places = locations(context, subject, [file]);
    if (places.length > 0) changes[file.uri] = places.map(({ range }) => ({ range, newText }));
  }
  return { changes };
}

function locations(
  { schema }: LanguageContext,
  subject: Subject,
  files: readonly TakingPart[],
): Location[] {
  return files.flatMap(({ uri, path, text }) => {
    const document = TextDocument.create(uri, "", 0, text);
    return placesOf(readModel(path, text), schema, subject).map((span) => ({
      ...{ uri, range: spanToRange(document, span) },
    }));
  });
}
