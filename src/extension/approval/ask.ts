import * as vscode from "vscode";
import { settings } from "#shared/contributions.ts";
import type { ApprovalRequest } from "#shared/protocol/status.ts";
import type { Window } from "../commands/window.ts";
import { plainText } from "../services/plainText.ts";
import { readSetting } from "../services/settings.ts";
import { approvalText } from "./approvalText.ts";
import type { ApprovalDiffs } from "./diffs.ts";

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

/**
 * Asks whether a folder's sandbox may have what its configuration grants; no answer is a no. The diff is
 * answered where it is read: a dialog would hide it, and a notification is easily missed.
 */
async function askForApproval(
  folder: vscode.WorkspaceFolder,
  request: ApprovalRequest,
  diffs: ApprovalDiffs,
): Promise<boolean> {
  const { message, detail } = approvalText(folder.name, request);
  const first = await vscode.window.showWarningMessage(
    plainText(message),
    { modal: true, detail: plainText(detail) },
    approve,
    view,
  );
  return first === view ? diffs.ask(folder, request) : first === approve;
}
