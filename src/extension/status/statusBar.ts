import * as vscode from "vscode";
import { commands, statusBarItem } from "#shared/contributions.ts";
import type { FolderSandbox, Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { commandLink, type StatusText, statusText } from "./statusText.ts";

/** One item that shows the focused sandbox and toggles it. */
export function createStatusBar(sessions: Sessions): Disposable {
  const store = new DisposableStore();
  const item = store.add(
    vscode.window.createStatusBarItem(statusBarItem.id, vscode.StatusBarAlignment.Left, 50),
  );
  item.name = statusBarItem.name;
  const update = () => render(item, sessions);
  store.add(sessions.onDidChange(update));
  store.add(vscode.window.onDidChangeActiveTextEditor(update));
  update();
  return store;
}

const toggle: vscode.Command = { title: commands.toggle.title, command: commands.toggle.id };

function render(item: vscode.StatusBarItem, sessions: Sessions): void {
  const focused = sessions.focused;
  if (focused === undefined || !isWorthShowing(focused)) {
    item.hide();
    return;
  }
  const several = sessions.all.length > 1;
  const shown = statusText(focused.session.state, several ? focused.folder.name : undefined);
  item.text = shown.text;
  item.tooltip = hover(shown, focused.folder.uri);
  item.command = { ...toggle, arguments: [focused.folder.uri] };
  item.accessibilityInformation = { label: shown.label, role: "button" };
  item.backgroundColor =
    shown.tone === "error" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  item.show();
}

function isWorthShowing({ configured, session }: FolderSandbox): boolean {
  return configured || session.state.kind !== "stopped";
}

/** Text of the workspace and of the guest is shown as text; only our own links are links. */
function hover(shown: StatusText, folder: vscode.Uri): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  markdown.isTrusted = { enabledCommands: shown.commands.map(({ id }) => id) };
  for (const line of shown.hover) markdown.appendText(line).appendMarkdown("\n\n");
  // The focus may be elsewhere by the time of the click.
  const anchors = shown.commands.map((command) => commandLink(command, folder));
  return markdown.appendMarkdown(anchors.join(" · "));
}
