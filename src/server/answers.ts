import {
  type Connection,
  ErrorCodes,
  type Hover,
  type Position,
  ResponseError,
  type ServerCapabilities,
  type TextDocuments,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import { typedImageAt } from "#core/language/completion/values.ts";
import type { KnownImage } from "#core/language/context.ts";
import { hoverAt } from "#core/language/hover.ts";
import { type ClientFacts, complete, completionTriggers } from "./complete.ts";
import type { Contexts, DocumentContext } from "./context.ts";
import { codeActions } from "./fixes.ts";
import type { Images } from "./images.ts";
import { codeLenses, inlayHints } from "./lenses.ts";
import { documentLinks } from "./links.ts";
import {
  definition,
  documentSymbols,
  foldingRanges,
  prepareRename,
  references,
  rename,
  type TakingPart,
} from "./navigate.ts";
import type { OpenFiles } from "./openFiles.ts";
import { spanToRange } from "./protocol.ts";
import { semanticTokens, semanticTokensLegend } from "./semanticTokens.ts";

/** A question about a document of ours. */
type Asked = {
  document: TextDocument;
  context: DocumentContext;
  /** The same that also knows images. */
  withImages: (images: readonly KnownImage[]) => Promise<DocumentContext>;
  /** The files that take part, as the editor knows them. */
  files: TakingPart[];
};

type Ask = <Params extends { textDocument: { uri: string } }, Answer>(
  answer: (asked: Asked, params: Params) => Answer | Promise<Answer>,
) => (params: Params) => Promise<Answer | undefined>;

/** What the answers are made of. */
export type Sources = {
  documents: TextDocuments<TextDocument>;
  openFiles: OpenFiles;
  contexts: Contexts;
  images: Images;
  client: ClientFacts;
  toggleCommand: string | undefined;
  /** Whether names from the files may be looked up elsewhere. */
  isTrusted: () => boolean;
};

export const provided: ServerCapabilities = {
  completionProvider: { triggerCharacters: completionTriggers },
  hoverProvider: true,
  codeActionProvider: { codeActionKinds: ["quickfix"] },
  definitionProvider: true,
  documentLinkProvider: {},
  documentSymbolProvider: true,
  foldingRangeProvider: true,
  referencesProvider: true,
  renameProvider: { prepareProvider: true },
  codeLensProvider: {},
  inlayHintProvider: true,
  semanticTokensProvider: { legend: semanticTokensLegend, full: true, range: true },
};

/** Answers questions about documents; the core knows the answers, here they get the protocol's form. */
export function registerAnswers(connection: Connection, sources: Sources): void {
  const ask = asker(sources);
  connection.onCompletion(ask((asked, { position }) => completion(asked, position, sources)));
  connection.onHover(ask((asked, { position }) => hover(asked, position, sources.client)));
  connection.onCodeAction(
    ask(({ document, context }, { context: { diagnostics } }) =>
      codeActions(document, context, diagnostics),
    ),
  );
  connection.onCodeLens(
    ask(async ({ document, withImages }) => {
      const context = await withImages(await sources.images.stored());
      return codeLenses(document, context, sources.toggleCommand);
    }),
  );
  connection.onDocumentLinks(ask(({ document, context }) => documentLinks(document, context)));
  connection.languages.inlayHint.on(
    ask(({ document, context }, { range }) => inlayHints(document, context, range)),
  );
  connection.languages.semanticTokens.on(
    ask(({ document, context }) => semanticTokens(document, context)),
  );
  connection.languages.semanticTokens.onRange(
    ask(({ document, context }, { range }) => semanticTokens(document, context, range)),
  );
  registerNavigation(connection, ask);
}

function asker({ documents, openFiles, contexts }: Sources): Ask {
  return (answer) => async (params) => {
    const { uri } = params.textDocument;
    await openFiles.refresh();
    const path = openFiles.path(uri);
    const document = documents.get(uri);
    if (document === undefined || path === undefined) return undefined;
    const withImages = (images: readonly KnownImage[]) => contexts.of(path, document, images);
    const context = await withImages([]);
    const taking = context.project?.sources ?? [];
    const files = taking.map((file) => ({ ...file, uri: openFiles.uri(file.path) }));
    return answer({ document, context, withImages, files }, params);
  };
}

/** Only where an image is being named, others are asked for theirs. */
async function completion(
  { document, context, withImages }: Asked,
  position: Position,
  { images, client, isTrusted }: Sources,
) {
  const { version } = document;
  const offset = document.offsetAt(position);
  const typed = typedImageAt(context, offset);
  if (typed === undefined) return complete(document, context, { offset, client });
  const elsewhere = isTrusted() ? images.elsewhere(typed) : [];
  const known = await withImages([...(await images.stored()), ...(await elsewhere)]);
  // Somebody went on typing meanwhile, and asks again.
  if (document.version !== version) return { isIncomplete: true, items: [] };
  return complete(document, known, { offset, client });
}

function hover(
  { document, context }: Asked,
  position: Position,
  { genericElsewhere }: ClientFacts,
): Hover | undefined {
  const isDocumentedElsewhere = genericElsewhere.includes(context.model.format);
  const found = hoverAt(context, document.offsetAt(position), { isDocumentedElsewhere });
  if (found === undefined) return undefined;
  const range = spanToRange(document, found.span);
  return { contents: { kind: "markdown", value: found.markdown }, range };
}

function registerNavigation(connection: Connection, ask: Ask): void {
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
      orRefusal(prepareRename(document, context, document.offsetAt(position))),
    ),
  );
  connection.onRenameRequest(
    ask(({ document, context, files }, { position, newName: name }) => {
      return orRefusal(rename(context, { offset: document.offsetAt(position), name }, files));
    }),
  );
}

/** The editor shows why something is not done. */
function orRefusal<Answer extends object>(
  answer: Answer | { error: string } | undefined,
): Answer | ResponseError<void> | undefined {
  if (answer === undefined || !("error" in answer)) return answer;
  return new ResponseError<void>(ErrorCodes.InvalidRequest, String(answer.error));
}
