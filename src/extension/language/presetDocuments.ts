import * as vscode from "vscode";
import { presetTexts } from "#core/config/presets.generated.ts";
import { presetOfPath, presetScheme } from "#shared/presetUri.ts";
import type { Disposable } from "../services/disposables.ts";

/** Shows built-in presets as read-only documents, for "Go to Definition". */
export function showPresets(): Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(presetScheme, {
    provideTextDocumentContent: ({ path }) => {
      const name = presetOfPath(path);
      return Object.hasOwn(presetTexts, name) ? presetTexts[name] : undefined;
    },
  });
}
