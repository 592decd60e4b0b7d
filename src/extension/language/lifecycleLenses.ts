import { dirname } from "node:path";
import * as vscode from "vscode";
import { configurationGlob } from "#shared/contributions.ts";
import type { FolderSandbox, Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { lifecycleActions } from "./lifecycleActions.ts";

/** Lenses above a folder's own configuration that start and stop its sandbox, and follow its state. */
export function showLifecycleLenses(sessions: Sessions): Disposable {
  const store = new DisposableStore();
  const changes = store.add(new vscode.EventEmitter<void>());
  let shown = "";
  store.add(
    sessions.onDidChange(() => {
      // The load and the bytes of a pull change all the time; lenses would flicker.
      const titles = JSON.stringify(sessions.all.map((sandbox) => actionsOf(sandbox)));
      if (titles === shown) return;
      shown = titles;
      changes.fire();
    }),
  );
  store.add(
    vscode.languages.registerCodeLensProvider(
      { scheme: "file", pattern: `**/${configurationGlob}` },
      {
        onDidChangeCodeLenses: changes.event,
        provideCodeLenses: ({ uri }) => {
          const folder = vscode.workspace.getWorkspaceFolder(uri)?.uri;
          const sandbox = sessions.find(folder);
          // The file of a folder below describes another sandbox than this window's.
          if (sandbox === undefined || dirname(uri.fsPath) !== folder?.fsPath) return [];
          return lensesOf(sandbox);
        },
      },
    ),
  );
  return store;
}

function lensesOf(sandbox: FolderSandbox): vscode.CodeLens[] {
  const top = new vscode.Range(0, 0, 0, 0);
  return actionsOf(sandbox).map(
    ({ title, command }) =>
      new vscode.CodeLens(top, {
        title,
        command: command ?? "",
        arguments: command === undefined ? [] : [sandbox.folder.uri],
      }),
  );
}

function actionsOf({ session }: FolderSandbox) {
  return lifecycleActions(session.state);
}
