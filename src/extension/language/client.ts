import { join } from "node:path";
import * as vscode from "vscode";
import {
  configurationGlob,
  userConfigurationGlobs,
  userSettingsGlob,
} from "#shared/contributions.ts";
import type { Logger } from "#shared/log.ts";
import type { Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { showLifecycleLenses } from "./lifecycleLenses.ts";
import { genericElsewhere } from "./otherTools.ts";
import { showPresets } from "./presetDocuments.ts";

/** A project's files in any folder, and the user's in the home directory, which the server knows. */
const selector = [
  `**/${configurationGlob}`,
  ...userConfigurationGlobs.map((glob) => `**/${glob}`),
  `**/${userSettingsGlob}`,
].map((pattern) => ({ scheme: "file", pattern }));

/** Starts the language server as soon as a configuration file exists or is opened, and only then. */
export function createLanguageClient(
  extensionPath: string,
  sessions: Sessions,
  logger: Logger,
): Disposable {
  const store = new DisposableStore();
  store.add(showPresets());
  store.add(showLifecycleLenses(sessions));
  let started = false;
  const start = () => {
    if (started) return;
    started = true;
    // After the activation, which must not wait for it.
    setImmediate(() => {
      startClient(extensionPath, store).catch((error: unknown) =>
        logger.error(`The language server did not start: ${error}`),
      );
    });
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

async function startClient(extensionPath: string, store: DisposableStore): Promise<void> {
  const client = await import("./startClient.ts");
  const server = join(extensionPath, "dist", "server.cjs");
  store.add(await client.startClient(server, selector, serverOptions()));
}

/** What the server has to know about this window. Starting and stopping have lenses of their own here. */
function serverOptions(): Record<string, unknown> {
  const isInstalled = (id: string) => vscode.extensions.getExtension(id) !== undefined;
  return { genericElsewhere: genericElsewhere(isInstalled) };
}
