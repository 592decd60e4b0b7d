import {
  createConnection,
  DidChangeWatchedFilesNotification,
  type Hover,
  type HoverParams,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { configExtensions } from "#core/config/slots.ts";
import { hoverAt } from "#core/language/hover.ts";
import { diagnose } from "./diagnose.ts";
import { OpenFiles, pathOf } from "./openFiles.ts";
import { toProtocolDiagnostic, toProtocolRange } from "./protocol.ts";
import { kindOf } from "./slotFiles.ts";

/** Long enough not to check at every key, short enough to seem immediate. */
const debounceMs = 150;

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);
const openFiles = new OpenFiles(documents);
const published = new Set<string>();
let timer: NodeJS.Timeout | undefined;
let running: Promise<void> = Promise.resolve();
let canWatch = false;

connection.onInitialize(({ capabilities }: InitializeParams): InitializeResult => {
  canWatch = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
  return {
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      hoverProvider: true,
    },
    serverInfo: { name: "airlock" },
  };
});
connection.onInitialized(() => {
  if (!canWatch) return;
  const globPattern = `**/airlock{,.local}.{${configExtensions.join(",")}}`;
  void connection.client.register(DidChangeWatchedFilesNotification.type, {
    watchers: [{ globPattern }],
  });
});
connection.onDidChangeWatchedFiles(schedule);
connection.onHover(hover);
documents.onDidChangeContent(schedule);
documents.onDidClose(schedule);
documents.listen(connection);
connection.listen();

function schedule(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    running = running.then(publish).catch((error: unknown) => {
      connection.console.error(`diagnostics failed: ${String(error)}`);
    });
  }, debounceMs);
}

async function publish(): Promise<void> {
  await openFiles.refresh();
  const found = await diagnose(openFiles.paths(), (path) => openFiles.text(path));
  const uris = new Map([...found].map(([path, list]) => [openFiles.uri(path), list]));
  for (const uri of published) {
    if (uris.has(uri)) continue;
    published.delete(uri);
    await connection.sendDiagnostics({ uri, diagnostics: [] });
  }
  for (const [uri, list] of uris) {
    published.add(uri);
    await connection.sendDiagnostics({ uri, diagnostics: list.map(toProtocolDiagnostic) });
  }
}

function hover({ textDocument, position }: HoverParams): Hover | undefined {
  const document = documents.get(textDocument.uri);
  const path = pathOf(textDocument.uri);
  const kind = path === undefined ? undefined : kindOf(path);
  if (document === undefined || path === undefined || kind === undefined || kind === "settings") {
    return undefined;
  }
  const at = { line: position.line + 1, column: position.character + 1 };
  const found = hoverAt({ path, text: document.getText() }, at);
  if (found === undefined) return undefined;
  return {
    contents: { kind: "markdown", value: found.markdown },
    range: toProtocolRange(found.range),
  };
}
