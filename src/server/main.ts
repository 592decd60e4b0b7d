import {
  createConnection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  ProposedFeatures,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { configExtensions } from "#core/config/slots.ts";
import { trustGranted } from "#shared/protocol/language.ts";
import { provided, registerAnswers } from "./answers.ts";
import { Contexts } from "./context.ts";
import { Disk } from "./disk.ts";
import { Images } from "./images.ts";
import { OpenFiles } from "./openFiles.ts";
import { readOptions } from "./options.ts";
import { Projects } from "./projects.ts";
import { Publisher } from "./publisher.ts";

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);

connection.onInitialize((params) => {
  startSession(params);
  return {
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      ...provided,
    },
    serverInfo: { name: "airlock" },
  };
});
documents.listen(connection);
connection.listen();

function startSession({ capabilities, initializationOptions }: InitializeParams): void {
  const options = readOptions(initializationOptions);
  const openFiles = new OpenFiles(documents);
  const disk = new Disk(() => publisher.schedule());
  const files = {
    openText: (path: string) => openFiles.text(path),
    read: (path: string) => disk.read(path),
  };
  const projects = new Projects(files);
  const images = new Images(options.program);
  const parts = { openFiles, projects, delayMs: options.diagnosticsDelayMs };
  const publisher = new Publisher(connection, parts);
  const { textDocument, workspace } = capabilities;
  const hasSnippets = textDocument?.completion?.completionItem?.snippetSupport ?? false;
  const contexts = new Contexts({ projects, presetCommand: options.presetCommand });
  let { isTrusted } = options;
  registerAnswers(connection, {
    ...{ documents, openFiles, images, contexts },
    client: { hasSnippets, genericElsewhere: options.genericElsewhere },
    toggleCommand: options.toggleCommand,
    isTrusted: () => isTrusted,
  });
  connection.onNotification(trustGranted, () => {
    isTrusted = true;
  });
  connection.onDidChangeWatchedFiles(() => {
    disk.forget();
    publisher.schedule();
  });
  documents.onDidChangeContent(() => publisher.schedule());
  documents.onDidClose(() => publisher.schedule());
  if (workspace?.didChangeWatchedFiles?.dynamicRegistration) watchFiles();
}

/** Our own watches are enough where there are any; some file systems tell only the editor. */
function watchFiles(): void {
  const globPattern = `**/airlock{,.local}.{${configExtensions.join(",")}}`;
  connection.onInitialized(() => {
    void connection.client.register(DidChangeWatchedFilesNotification.type, {
      watchers: [{ globPattern }],
    });
  });
}
