import { isAbsolute, join } from "node:path";
import * as vscode from "vscode";
import { commands } from "#shared/contributions.ts";
import { headline, type Place, placeIn } from "../sandboxes/failureText.ts";
import { configurationFile, type FolderSandbox } from "../sandboxes/sessions.ts";
import type { Failure } from "../sandboxes/state.ts";
import { plainText } from "../services/plainText.ts";
import { showLogs } from "./logs.ts";
import type { Window } from "./window.ts";

/** Shows a failure once, with what can be done about it. */
export async function presentFailure(
  window: Window,
  sandbox: FolderSandbox,
  failure: Failure,
): Promise<void> {
  window.log.logger.error(`${failure.code}: ${failure.message}`);
  const place = placeIn(failure.message);
  const open = "Open Configuration";
  const logs = "Show Logs";
  const doctor = "Doctor";
  const text = [headline(failure.message, sandbox.session.folder), failure.hint]
    .filter(Boolean)
    .join(" – ");
  const first = place === undefined ? [] : [open];
  const answer = await vscode.window.showErrorMessage(plainText(text), ...first, logs, doctor);
  if (answer === open && place !== undefined) await openPlace(sandbox, place);
  if (answer === logs) await showLogs(window, sandbox);
  if (answer === doctor) await vscode.commands.executeCommand(commands.doctor.id);
}

/** Opens a file of the configuration at the place of a problem. */
async function openPlace(sandbox: FolderSandbox, place: Place): Promise<void> {
  const path = isAbsolute(place.path) ? place.path : join(sandbox.folder.uri.fsPath, place.path);
  const uri = place.path === "" ? configurationFile(sandbox.folder) : vscode.Uri.file(path);
  if (uri === undefined) return;
  const position = new vscode.Position(place.line - 1, Math.max(0, place.column - 1));
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(position, position) });
}
