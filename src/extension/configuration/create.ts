import * as vscode from "vscode";
import { configurationFile } from "../sandboxes/sessions.ts";
import { plainText } from "../services/plainText.ts";
import { configurationTemplate } from "./template.ts";

/** Writes an `airlock.toml` that fits the folder; answers whether one is there afterwards. */
export async function createConfiguration(
  folder: vscode.WorkspaceFolder,
  { reveal }: { reveal: boolean },
): Promise<boolean> {
  const existing = configurationFile(folder);
  if (existing !== undefined) {
    await vscode.window.showTextDocument(existing);
    return true;
  }
  const names = (await vscode.workspace.fs.readDirectory(folder.uri)).map(([name]) => name);
  const uri = vscode.Uri.joinPath(folder.uri, "airlock.toml");
  const edit = new vscode.WorkspaceEdit();
  const contents = new TextEncoder().encode(configurationTemplate(names));
  edit.createFile(uri, { overwrite: false, ignoreIfExists: false, contents });
  if (!(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showErrorMessage(plainText(`${uri.fsPath} could not be written.`));
    return false;
  }
  if (reveal) await vscode.window.showTextDocument(uri);
  return true;
}
