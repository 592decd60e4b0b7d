import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  InsertTextFormat,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { completeAt } from "#core/language/completion/complete.ts";
import { type Completion, plainText } from "#core/language/completion/items.ts";
import type { LanguageContext } from "#core/language/context.ts";
import { spanToRange } from "./protocol.ts";

/** What the client can do, and what it leaves to other extensions. */
export type ClientFacts = {
  hasSnippets: boolean;
  /** Formats whose generic proposals come from somebody else. */
  genericElsewhere: readonly string[];
};

export const completionTriggers = ["[", ".", '"', "'", "=", "$", "{", "/", ":", " "];

export function complete(
  document: TextDocument,
  context: LanguageContext,
  { offset, client }: { offset: number; client: ClientFacts },
): CompletionList {
  const leavesGeneric = client.genericElsewhere.includes(context.model.format);
  const found = completeAt(context, offset).filter((item) => !item.isGeneric || !leavesGeneric);
  const items = found.map((item, index): CompletionItem => {
    const newText = client.hasSnippets ? item.snippet : plainText(item.snippet);
    return {
      label: item.label,
      kind: kinds[item.kind],
      ...(item.detail === undefined ? {} : { detail: item.detail }),
      ...(item.documentation === undefined
        ? {}
        : { documentation: { kind: "markdown", value: item.documentation } }),
      filterText: item.filter,
      sortText: String(index).padStart(5, "0"),
      insertTextFormat: client.hasSnippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
      textEdit: { range: spanToRange(document, item.span), newText },
    };
  });
  // Sizes and paths depend on what has been typed.
  return { isIncomplete: true, items };
}

const kinds: Readonly<Record<Completion["kind"], CompletionItemKind>> = {
  table: CompletionItemKind.Module,
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  entry: CompletionItemKind.Reference,
  variable: CompletionItemKind.Variable,
  file: CompletionItemKind.File,
  folder: CompletionItemKind.Folder,
};
