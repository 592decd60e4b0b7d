import * as vscode from "vscode";
import { presetTexts } from "#core/config/presets.generated.ts";
import { presetOfPath, presetScheme, presetUri } from "#shared/presetUri.ts";
import { presetCommand } from "#shared/protocol/language.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";

/** Shows built-in presets as read-only documents, for "Go to Definition" and the links of hovers. */
export function showPresets(): Disposable {
  const store = new DisposableStore();
  store.add(
    vscode.workspace.registerTextDocumentContentProvider(presetScheme, {
      provideTextDocumentContent: ({ path }) => {
        const name = presetOfPath(path);
        return Object.hasOwn(presetTexts, name) ? presetTexts[name] : undefined;
      },
    }),
  );
  store.add(vscode.commands.registerCommand(presetCommand, showPreset));
  return store;
}

/** The arguments come out of a link, so they are taken for nothing but what they can be. */
async function showPreset(name: unknown, line: unknown): Promise<void> {
  if (typeof name !== "string" || !Object.hasOwn(presetTexts, name)) return;
  const at = new vscode.Position(typeof line === "number" ? Math.max(0, line - 1) : 0, 0);
  const selection = new vscode.Range(at, at);
  await vscode.window.showTextDocument(vscode.Uri.parse(presetUri(name)), { selection });
}
