import type { CodeLens, InlayHint, Range } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { LanguageContext } from "#core/language/context.ts";
import { hintsOf, lensesOf } from "#core/language/lenses.ts";
import { spanToRange } from "./protocol.ts";

/** Lenses that do something are left out for clients without the command. */
export function codeLenses(
  document: TextDocument,
  context: LanguageContext,
  toggleCommand: string | undefined,
): CodeLens[] {
  return lensesOf(context).flatMap(({ span, title, action }): CodeLens[] => {
    if (action !== undefined && toggleCommand === undefined) return [];
    const command = action === undefined ? "" : (toggleCommand ?? "");
    const { start } = spanToRange(document, span);
    return [{ range: { start, end: start }, command: { title, command } }];
  });
}

export function inlayHints(
  document: TextDocument,
  context: LanguageContext,
  { start, end }: Range,
): InlayHint[] {
  const visible = { start: document.offsetAt(start), end: document.offsetAt(end) };
  return hintsOf(context, visible).map(({ offset, text }) => ({
    ...{ position: document.positionAt(offset), label: text, paddingLeft: true },
  }));
}
