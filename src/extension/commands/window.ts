import * as vscode from "vscode";
import type { EffectiveConfigurations } from "../configuration/effective.ts";
import type { FolderSandbox, Sessions } from "../sandboxes/sessions.ts";
import type { ExtensionLog } from "../services/log.ts";
import type { Program } from "../services/program.ts";
import type { ReadOnlyDocuments } from "../services/readOnlyDocuments.ts";
import type { RegistrySecrets } from "../signIn/ask.ts";

/** What the commands work with. */
export type Window = {
  sessions: Sessions;
  program: Program;
  log: ExtensionLog;
  effective: EffectiveConfigurations;
  /** Texts that the user compares before an approval. */
  approvals: ReadOnlyDocuments;
  /** Sign-ins that the user wants to be remembered. */
  secrets: RegistrySecrets;
  /** What is kept for all windows of this user. */
  memory: vscode.Memento;
};

type Choice = {
  title: string;
  among: (sandbox: FolderSandbox) => boolean;
  /** Said when no folder fits. */
  none: string;
};

/** The sandbox that a command is about: the only one that fits, or the user's choice. */
export async function chooseSandbox(
  { sessions }: Window,
  { title, among, none }: Choice,
): Promise<FolderSandbox | undefined> {
  const candidates = sessions.all.filter(among);
  if (candidates.length === 0) {
    const nowhere = "Open a folder on this machine first: a sandbox belongs to a folder.";
    void vscode.window.showInformationMessage(sessions.all.length === 0 ? nowhere : none);
    return undefined;
  }
  if (candidates.length === 1) return candidates[0];
  const picked = await vscode.window.showQuickPick(
    candidates.map((sandbox) => ({
      label: sandbox.folder.name,
      description: sandbox.session.state.kind,
      detail: sandbox.folder.uri.fsPath,
      sandbox,
    })),
    { title: `Airlock: ${title}`, placeHolder: "Choose a folder" },
  );
  return picked?.sandbox;
}

/** Explains and answers false while the workspace is not trusted. */
export async function mayStart(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = "Manage Workspace Trust";
  const answer = await vscode.window.showWarningMessage(
    "Airlock starts nothing in a workspace that is not trusted: its configuration decides what of this machine the sandbox sees.",
    manage,
  );
  if (answer === manage) void vscode.commands.executeCommand("workbench.trust.manage");
  return false;
}
