import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic as ProtocolDiagnostic,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import * as z from "zod";
import type { LanguageContext } from "#core/language/context.ts";
import { fixesFor } from "#core/language/fixes/fixes.ts";
import { spanToRange } from "./protocol.ts";

const data = z.object({ keyPath: z.string(), suggestion: z.string().optional() });

/** Quick fixes for the diagnostics at a place, as the editor hands them back. */
export function codeActions(
  document: TextDocument,
  context: LanguageContext,
  diagnostics: readonly ProtocolDiagnostic[],
): CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    const known = data.safeParse(diagnostic.data);
    if (diagnostic.source !== "airlock" || !known.success) return [];
    const { start, end } = diagnostic.range;
    const { keyPath, suggestion } = known.data;
    const problem = {
      ...{ code: String(diagnostic.code), keyPath },
      ...(suggestion === undefined ? {} : { suggestion }),
      span: { start: document.offsetAt(start), end: document.offsetAt(end) },
    };
    return fixesFor(context, problem).map(({ title, edits, isPreferred }) => ({
      ...{ title, kind: CodeActionKind.QuickFix, isPreferred, diagnostics: [diagnostic] },
      edit: {
        changes: {
          [document.uri]: edits.map(({ span, newText }) => ({
            ...{ range: spanToRange(document, span), newText },
          })),
        },
      },
    }));
  });
}
