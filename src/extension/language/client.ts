import { join } from "node:path";
import * as vscode from "vscode";
import { commands, configurationGlob } from "#shared/contributions.ts";
import type { Logger } from "#shared/log.ts";
import type { Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { genericElsewhere } from "./otherTools.ts";
import { showPresets } from "./presetDocuments.ts";

const selector = [
  { scheme: "file", pattern: `**/${configurationGlob}` },
  { scheme: "file", pattern: "**/.airlock.{toml,json,yaml,yml}" },
  { scheme: "file", pattern: "**/.airlock/config.{toml,json,yaml,yml}" },
];

/** Starts the language server as soon as a configuration file exists or is opened, and only then. */
export function createLanguageClient(
  extensionPath: string,
  sessions: Sessions,
  logger: Logger,
): Disposable {
  const store = new DisposableStore();
  store.add(showPresets());
  let started = false;
  const start = () => {
    if (started) return;
    started = true;
    void startClient(join(extensionPath, "dist", "server.cjs"), store).catch((error: unknown) =>
      logger.error(`The language server did not start: ${error}`),
    );
  };
  const consider = (document: vscode.TextDocument) => {
    if (vscode.languages.match(selector, document) > 0) start();
  };
  const considerFolders = () => {
    if (sessions.all.some(({ configured }) => configured)) start();
  };
  store.add(vscode.workspace.onDidOpenTextDocument(consider));
  store.add(sessions.onDidChange(considerFolders));
  for (const document of vscode.workspace.textDocuments) consider(document);
  considerFolders();
  return store;
}

async function startClient(module: string, store: DisposableStore): Promise<void> {
  const { LanguageClient, TransportKind } = await import("vscode-languageclient/node");
  const client = new LanguageClient(
    "airlock",
    "Airlock Language Server",
    { module, transport: TransportKind.ipc },
    {
      documentSelector: selector,
      initializationOptions: {
        genericElsewhere: genericElsewhere(),
        toggleCommand: commands.toggle.id,
      },
      initializationFailedHandler: () => false,
    },
  );
  store.add({ dispose: () => void client.dispose().catch(() => undefined) });
  await client.start();
}
