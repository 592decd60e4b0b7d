import { type Range, type SemanticTokens, SemanticTokensBuilder } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { LanguageContext } from "#core/language/context.ts";
import type { LuaTokenKind } from "#core/language/lua/lexer.ts";
import { scriptTokens } from "#core/language/lua/scripts.ts";

const tokenTypes = [
  "keyword",
  "string",
  "number",
  "comment",
  "function",
  "variable",
  "property",
] as const satisfies readonly LuaTokenKind[];

export const semanticTokensLegend = { tokenTypes: [...tokenTypes], tokenModifiers: [] };

/** Colours for what no grammar of the document's own language knows: its scripts. */
export function semanticTokens(
  document: TextDocument,
  context: LanguageContext,
  visible?: Range,
): SemanticTokens {
  const builder = new SemanticTokensBuilder();
  for (const { kind, span } of scriptTokens(context)) {
    const { line, character } = document.positionAt(span.start);
    const isVisible = !visible || (visible.start.line <= line && line <= visible.end.line);
    if (isVisible) {
      builder.push(line, character, span.end - span.start, tokenTypes.indexOf(kind), 0);
    }
  }
  return builder.build();
}
