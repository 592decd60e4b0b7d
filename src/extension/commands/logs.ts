import { existsSync } from "node:fs";
import * as vscode from "vscode";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import type { Window } from "./window.ts";

/** Opens the sandbox's own log where there is one, else the extension's. */
export async function showLogs({ log }: Window, sandbox: FolderSandbox | undefined): Promise<void> {
  const uri = sandbox && vscode.Uri.joinPath(sandbox.folder.uri, ".airlock", "airlock.log");
  if (uri === undefined || !existsSync(uri.fsPath)) return log.show();
  const document = await vscode.workspace.openTextDocument(uri);
  const end = document.lineAt(document.lineCount - 1).range.end;
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(end, end) });
}
