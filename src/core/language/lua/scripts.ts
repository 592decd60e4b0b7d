import { contentOf, schemaAt } from "#core/config/fields/inspect.ts";
import type { LanguageContext } from "../context.ts";
import type { Span } from "../model/model.ts";
import type { MappedText } from "../strings/mapped.ts";
import { mappedText } from "../strings/read.ts";
import { type LuaTokenKind, luaTokens } from "./lexer.ts";

/** A piece of a word of a script, within one line of the document. */
export type ScriptToken = { kind: LuaTokenKind; span: Span };

/** The words of the Lua scripts in a document, in its order. */
export function scriptTokens({ model, schema }: LanguageContext): ScriptToken[] {
  return model.nodes
    .filter(({ kind, segments }) => {
      const found = kind === "value" ? schemaAt(schema, segments) : undefined;
      return found !== undefined && contentOf(found) === "lua";
    })
    .flatMap(({ span }) => tokensOf(model.text, mappedText(model, span)));
}

function tokensOf(source: string, script: MappedText): ScriptToken[] {
  return luaTokens(script.text).flatMap(({ kind, start, end }) =>
    pieces(source, script, { start, end }).map((span) => ({ kind, span })),
  );
}

/** A long comment or string is one piece for each of its lines, without their indentation. */
function pieces(source: string, { spans }: MappedText, { start, end }: Span): Span[] {
  const found: Span[] = [];
  for (const span of spans.slice(start, end)) {
    const last = found.at(-1);
    if (source.slice(span.start, span.end).includes("\n")) continue;
    if (last !== undefined && span.start <= last.end) last.end = span.end;
    else found.push({ ...span });
  }
  return found;
}
