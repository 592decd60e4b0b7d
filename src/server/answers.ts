import type {
  Connection,
  Hover,
  InitializeParams,
  ServerCapabilities,
  TextDocumentPositionParams,
  TextDocuments,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import * as z from "zod";
import type { LanguageContext } from "#core/language/context.ts";
import { hoverAt } from "#core/language/hover.ts";
import { type ClientFacts, complete, completionTriggers } from "./complete.ts";
import { contextOf } from "./context.ts";
import { codeActions } from "./fixes.ts";
import { type OpenFiles, pathOf } from "./openFiles.ts";
import { spanToRange } from "./protocol.ts";

const options = z.object({ genericElsewhere: z.array(z.string()).catch([]) }).catch({
  genericElsewhere: [],
});

/** Answers to questions about one document; each is asked of the core, and only put into the protocol here. */
export function registerAnswers(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  openFiles: OpenFiles,
): { start: (params: InitializeParams) => ServerCapabilities } {
  let client: ClientFacts = { hasSnippets: false, genericElsewhere: [] };

  connection.onCompletion(async (params) => {
    const asked = await about(params.textDocument.uri);
    if (asked === undefined) return undefined;
    const offset = asked.document.offsetAt(params.position);
    return complete(asked.document, asked.context, { offset, client });
  });
  connection.onHover(async (params: TextDocumentPositionParams): Promise<Hover | undefined> => {
    const asked = await about(params.textDocument.uri);
    if (asked === undefined) return undefined;
    const { document, context } = asked;
    const found = hoverAt(context, document.offsetAt(params.position));
    if (found === undefined) return undefined;
    const range = spanToRange(document, found.span);
    return { contents: { kind: "markdown", value: found.markdown }, range };
  });

  connection.onCodeAction(async ({ textDocument, context: { diagnostics } }) => {
    const asked = await about(textDocument.uri);
    return asked && codeActions(asked.document, asked.context, diagnostics);
  });

  async function about(uri: string): Promise<Asked | undefined> {
    const document = documents.get(uri);
    const path = pathOf(uri);
    if (document === undefined || path === undefined) return undefined;
    await openFiles.refresh();
    const text = document.getText();
    const context = await contextOf(path, text, (each) => openFiles.text(each));
    return context && { document, context };
  }

  return {
    start: ({ capabilities, initializationOptions }) => {
      const item = capabilities.textDocument?.completion?.completionItem;
      const { genericElsewhere } = options.parse(initializationOptions);
      client = { hasSnippets: item?.snippetSupport ?? false, genericElsewhere };
      return {
        completionProvider: { triggerCharacters: completionTriggers },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: ["quickfix"] },
      };
    },
  };
}

type Asked = { document: TextDocument; context: LanguageContext };
