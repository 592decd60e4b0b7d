import * as vscode from "vscode";
import { projectFile } from "../sandboxes/sessions.ts";
import { plainText } from "../services/plainText.ts";
import { createConfiguration } from "./create.ts";

/** Opens a folder's configuration file, or offers to create one. */
export async function openConfiguration(folder: vscode.WorkspaceFolder): Promise<void> {
  const file = projectFile(folder);
  if (file !== undefined) {
    await vscode.window.showTextDocument(file);
    return;
  }
  const create = "Create Configuration";
  const message = plainText(`${folder.name} has no airlock.toml yet.`);
  const answer = await vscode.window.showInformationMessage(message, create);
  if (answer === create) await createConfiguration(folder, { reveal: true });
}
