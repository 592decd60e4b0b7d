import {
  type Connection,
  ErrorCodes,
  type Hover,
  type InitializeParams,
  type Position,
  ResponseError,
  type ServerCapabilities,
  type TextDocuments,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import * as z from "zod";
import { hoverAt } from "#core/language/hover.ts";
import { type ClientFacts, complete, completionTriggers } from "./complete.ts";
import { contextOf, type DocumentContext } from "./context.ts";
import { codeActions } from "./fixes.ts";
import { codeLenses, inlayHints } from "./lenses.ts";
import {
  definition,
  documentSymbols,
  foldingRanges,
  prepareRename,
  references,
  rename,
  type TakingPart,
} from "./navigate.ts";
import { type OpenFiles, pathOf } from "./openFiles.ts";
import { spanToRange } from "./protocol.ts";

/** A question about a document of ours. */
type Asked = {
  document: TextDocument;
  context: DocumentContext;
  /** The files that take part, as the editor knows them. */
  files: TakingPart[];
};

type Ask = <Params extends { textDocument: { uri: string } }, Answer>(
  answer: (asked: Asked, params: Params) => Answer,
) => (params: Params) => Promise<Answer | undefined>;

const options = z
  .object({
    genericElsewhere: z.array(z.string()).catch([]),
    toggleCommand: z.string().optional().catch(undefined),
  })
  .catch({ genericElsewhere: [], toggleCommand: undefined });

/** Answers questions about documents; the core knows the answers, here they get the protocol's form. */
export function registerAnswers(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  openFiles: OpenFiles,
): { start: (params: InitializeParams) => ServerCapabilities } {
  let client: ClientFacts = { hasSnippets: false, genericElsewhere: [] };
  let toggleCommand: string | undefined;

  const ask: Ask = (answer) => async (params) => {
    const { uri } = params.textDocument;
    const document = documents.get(uri);
    const path = pathOf(uri);
    if (document === undefined || path === undefined) return undefined;
    await openFiles.refresh();
    const context = await contextOf(path, document.getText(), (each) => openFiles.text(each));
    if (context === undefined) return undefined;
    const files = context.sources.map((file) => ({ ...file, uri: openFiles.uri(file.path) }));
    return answer({ document, context, files }, params);
  };

  connection.onCompletion(
    ask(({ document, context }, { position }) =>
      complete(document, context, { offset: document.offsetAt(position), client }),
    ),
  );
  connection.onHover(ask(hover));
  connection.onCodeAction(
    ask(({ document, context }, { context: { diagnostics } }) =>
      codeActions(document, context, diagnostics),
    ),
  );
  connection.onCodeLens(
    ask(({ document, context }) => codeLenses(document, context, toggleCommand)),
  );
  registerNavigation(connection, ask);

  return {
    start: ({ capabilities, initializationOptions }) => {
      const item = capabilities.textDocument?.completion?.completionItem;
      const asked = options.parse(initializationOptions);
      client = { ...asked, hasSnippets: item?.snippetSupport ?? false };
      toggleCommand = asked.toggleCommand;
      return provided;
    },
  };
}

const provided: ServerCapabilities = {
  completionProvider: { triggerCharacters: completionTriggers },
  hoverProvider: true,
  codeActionProvider: { codeActionKinds: ["quickfix"] },
  definitionProvider: true,
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  codeLensProvider: {},
  inlayHintProvider: true,
};

function hover(
  { document, context }: Asked,
  { position }: { textDocument: { uri: string }; position: Position },
): Hover | undefined {
  const found = hoverAt(context, document.offsetAt(position));
  if (found === undefined) return undefined;
  const range = spanToRange(document, found.span);
  return { contents: { kind: "markdown", value: found.markdown }, range };
}

function registerNavigation(connection: Connection, ask: Ask): void {
  connection.languages.inlayHint.on(
    ask(({ document, context }, { range }) => inlayHints(document, context, range)),
  );
  connection.onDocumentSymbol(ask(({ document, context }) => documentSymbols(document, context)));
  connection.onFoldingRanges(ask(({ document, context }) => foldingRanges(document, context)));
  connection.onDefinition(
    ask(({ document, context, files }, { position }) =>
      definition(context, document.offsetAt(position), files),
    ),
  );
  connection.onReferences(
    ask(({ document, context, files }, { position }) =>
      references(context, document.offsetAt(position), files),
    ),
  );
  connection.onPrepareRename(
    ask(({ document, context }, { position }) =>
      prepareRename(document, context, document.offsetAt(position)),
    ),
  );
  connection.onRenameRequest(
    ask(({ document, context, files }, { position, newName: name }) => {
      const renamed = rename(context, { offset: document.offsetAt(position), name }, files);
      if (!("error" in renamed)) return renamed;
      return new ResponseError<void>(ErrorCodes.InvalidRequest, String(renamed.error));
    }),
  );
}
