import * as vscode from "vscode";
import type { ApprovalDiffs } from "../approval/diffs.ts";
import type { EffectiveConfigurations } from "../configuration/effective.ts";
import type { FolderSandbox, Sessions } from "../sandboxes/sessions.ts";
import type { ExtensionLog } from "../services/log.ts";
import { plainLabel, plainText } from "../services/plainText.ts";
import type { Program } from "../services/program.ts";
import type { ReadOnlyDocuments } from "../services/readOnlyDocuments.ts";
import type { RegistrySecrets } from "../signIn/ask.ts";
import type { SandboxTerminals } from "../terminal/closeOnStop.ts";
import { type Target, targetOf } from "./target.ts";

/** What the commands work with. */
export type Window = {
  sessions: Sessions;
  program: Program;
  log: ExtensionLog;
  effective: EffectiveConfigurations;
  /** What the user compares before an approval. */
  approvals: ApprovalDiffs;
  /** The terminals of this window that run in sandboxes. */
  terminals: SandboxTerminals;
  /** What programs have printed. */
  reports: ReadOnlyDocuments;
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

/** The sandbox that a command's argument names, else the user's choice; never another than the named one. */
export async function sandboxFor(
  window: Window,
  argument: unknown,
  choice: Choice,
): Promise<FolderSandbox | undefined> {
  const target = readTarget(argument);
  return target.kind === "none" ? chooseSandbox(window, choice) : namedSandbox(window, target);
}

/** The sandbox that a command's argument names, else the one in focus. */
export function namedOrFocused(window: Window, argument: unknown): FolderSandbox | undefined {
  const target = readTarget(argument);
  return target.kind === "none" ? window.sessions.focused : namedSandbox(window, target);
}

function readTarget(argument: unknown): Target {
  return targetOf(
    argument,
    (uri) => vscode.workspace.getWorkspaceFolder(vscode.Uri.from(uri))?.uri,
  );
}

function namedSandbox(
  { sessions }: Window,
  target: Exclude<Target, { kind: "none" }>,
): FolderSandbox | undefined {
  const found = target.kind === "folder" ? sessions.find(vscode.Uri.from(target.uri)) : undefined;
  if (found === undefined) void vscode.window.showInformationMessage(plainText(missing(target)));
  return found;
}

function missing(target: Exclude<Target, { kind: "none" }>): string {
  switch (target.kind) {
    case "nested":
      return `${target.path} describes a sandbox of its own. Open its folder in VS Code to work with it.`;
    case "folder":
      return `${target.uri.path} is no folder of this machine, so it has no sandbox.`;
    case "unknown":
      return `${target.text} is in no folder of this window.`;
  }
}

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
      label: plainLabel(sandbox.folder.name),
      description: sandbox.session.state.kind,
      detail: plainLabel(sandbox.folder.uri.fsPath),
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
