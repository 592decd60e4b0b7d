import {
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { configExtensions } from "#core/config/slots.ts";
import { registerAnswers } from "./answers.ts";
import { diagnose } from "./diagnose.ts";
import { OpenFiles } from "./openFiles.ts";
import { toProtocolDiagnostic } from "./protocol.ts";

/** Long enough not to check at every key, short enough to seem immediate. */
const debounceMs = 150;

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);
const openFiles = new OpenFiles(documents);
const answers = registerAnswers(connection, documents, openFiles);
const published = new Set<string>();
let timer: NodeJS.Timeout | undefined;
let running: Promise<void> = Promise.resolve();
let canWatch = false;

connection.onInitialize((params: InitializeParams): InitializeResult => {
  const { capabilities } = params;
  canWatch = capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
  return {
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      ...answers.start(params),
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
