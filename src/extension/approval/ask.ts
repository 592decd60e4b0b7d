import * as vscode from "vscode";
import { settings } from "#shared/contributions.ts";
import type { ApprovalRequest } from "#shared/protocol/status.ts";
import type { Window } from "../commands/window.ts";
import { plainText } from "../services/plainText.ts";
import type { ReadOnlyDocuments } from "../services/readOnlyDocuments.ts";
import { readSetting } from "../services/settings.ts";
import { approvalText } from "./approvalText.ts";

const approve = "Approve and Start";
const view = "View Diff";

/** Whether a folder's sandbox may have what its configuration grants, as the user has it settled. */
export async function isApproved(
  folder: vscode.WorkspaceFolder,
  request: ApprovalRequest,
  { approvals, log }: Pick<Window, "approvals" | "log">,
): Promise<boolean> {
  const mode = readSetting(settings.approval);
  if (mode === "ask") return askForApproval(folder, request, approvals);
  const what = `approved for ${folder.uri.fsPath} without a question (${settings.approval.id})`;
  log.logger.warn(`${what}:\n${request.diff.trimEnd()}`);
  return true;
}

/** Asks whether a folder's sandbox may have what its configuration grants; no answer is a no. */
async function askForApproval(
  folder: vscode.WorkspaceFolder,
  request: ApprovalRequest,
  documents: ReadOnlyDocuments,
): Promise<boolean> {
  const { message, detail } = approvalText(folder.name, request);
  const first = await vscode.window.showWarningMessage(
    plainText(message),
    { modal: true, detail: plainText(detail) },
    approve,
    view,
  );
  if (first !== view) return first === approve;
  await showDiff(folder, request, documents);
  // A modal dialog would hide what there is to read.
  const answer = await vscode.window.showWarningMessage(
    plainText(`Approve this for the sandbox of ${folder.name}?`),
    approve,
    "Don't Approve",
  );
  return answer === approve;
}

async function showDiff(
  { name, uri }: vscode.WorkspaceFolder,
  { before, after }: ApprovalRequest,
  documents: ReadOnlyDocuments,
): Promise<void> {
  const query = uri.toString();
  const left = documents.set("/airlock-approval/approved.toml", before, query);
  const right = documents.set("/airlock-approval/asked for.toml", after, query);
  const title = `${name}: approved ↔ asked for`;
  await vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: true });
}
