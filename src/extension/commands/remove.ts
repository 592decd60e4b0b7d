import * as vscode from "vscode";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { isActive } from "../sandboxes/state.ts";
import { plainLabel, plainText } from "../services/plainText.ts";
import { removeCall } from "../services/program.ts";
import { stopSandbox } from "./lifecycle.ts";
import type { Window } from "./window.ts";

const removeTimeoutMs = 60_000;

/** Deletes a sandbox's state after a question, stopping it first. */
export async function removeSandbox(window: Window, sandbox: FolderSandbox): Promise<void> {
  const { folder, session } = sandbox;
  const running = isActive(session.state);
  const saved =
    session.state.kind === "suspended" ? " The programs that were suspended are lost with it." : "";
  const remove = running ? "Stop and Remove" : "Remove";
  const answer = await vscode.window.showWarningMessage(
    plainText(`Remove the sandbox of ${folder.name}?`),
    {
      modal: true,
      detail: `Deletes .airlock in this folder with the sandbox's disk: installed programs, caches and everything else that was written outside the project.${saved} The project and its configuration stay.`,
    },
    remove,
  );
  if (answer !== remove) return;
  if (running && !(await stopSandbox(window, sandbox))) return;
  const { runProgram } = await import("../services/run.ts");
  const options = {
    location: vscode.ProgressLocation.Window,
    title: plainLabel(`Removing sandbox of ${folder.name}`),
  };
  const call = removeCall(window.program, folder.uri.fsPath);
  const result = await vscode.window.withProgress(options, () => runProgram(call, removeTimeoutMs));
  if (result.exitCode === 0) {
    await session.inspect();
    vscode.window.setStatusBarMessage(plainLabel(`Sandbox of ${folder.name} removed`), 5_000);
    return;
  }
  window.log.logger.error(`rm: ${result.stderr}`);
  void vscode.window.showErrorMessage(
    plainText(`The sandbox was not removed. ${result.stderr.trim()}`),
  );
}
