import * as vscode from "vscode";
import { projectFile } from "../sandboxes/sessions.ts";
import { plainText } from "../services/plainText.ts";
import { type FolderContent, versionFiles } from "./ecosystems.ts";
import { chooseAdditions } from "./takeOver.ts";
import { configurationTemplate } from "./template.ts";

/** Writes an `airlock.toml` that fits the folder; answers whether one is there afterwards. */
export async function createConfiguration(
  folder: vscode.WorkspaceFolder,
  { reveal }: { reveal: boolean },
): Promise<boolean> {
  const existing = projectFile(folder);
  if (existing !== undefined) {
    await vscode.window.showTextDocument(existing);
    return true;
  }
  const taken = await chooseAdditions(folder);
  if (taken === undefined) return false;
  const uri = vscode.Uri.joinPath(folder.uri, "airlock.toml");
  const text = configurationTemplate(await contentOf(folder.uri), taken.additions);
  if (!(await createFile(uri, text))) return false;
  if (reveal) await vscode.window.showTextDocument(uri);
  if (taken.notes > 0) void tellNotes(uri, taken.notes);
  return true;
}

async function contentOf(folder: vscode.Uri): Promise<FolderContent> {
  const entries = (await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name);
  const files = versionFiles.filter((name) => entries.includes(name));
  const texts = await Promise.all(files.map((name) => textOf(vscode.Uri.joinPath(folder, name))));
  return { entries, texts: Object.fromEntries(files.map((name, at) => [name, texts[at] ?? ""])) };
}

/** What cannot be read names no version. */
async function textOf(uri: vscode.Uri): Promise<string> {
  const bytes = await vscode.workspace.fs.readFile(uri).then(undefined, () => new Uint8Array());
  return new TextDecoder().decode(bytes);
}

/** Writes a file that must not exist yet, in a way that can be undone. */
export async function createFile(uri: vscode.Uri, text: string): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  const contents = new TextEncoder().encode(text);
  edit.createFile(uri, { overwrite: false, ignoreIfExists: false, contents });
  if (await vscode.workspace.applyEdit(edit)) return true;
  void vscode.window.showErrorMessage(plainText(`${uri.fsPath} could not be written.`));
  return false;
}

async function tellNotes(uri: vscode.Uri, count: number): Promise<void> {
  const show = "Show";
  const what = count === 1 ? "One thing" : `${count} things`;
  const message = `${what} could not be carried over; the comments of airlock.toml say what and why.`;
  const answer = await vscode.window.showInformationMessage(message, show);
  if (answer !== show) return;
  const editor = await vscode.window.showTextDocument(uri);
  const at = editor.document.getText().indexOf("# Not carried over");
  const position = editor.document.positionAt(Math.max(0, at));
  editor.selection = new vscode.Selection(position, position);
  editor.revealRange(new vscode.Range(position, position));
}
