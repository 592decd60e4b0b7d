import { homedir } from "node:os";
import * as vscode from "vscode";
import { doctorCall } from "../services/program.ts";
import { readMachineOptions } from "../services/settings.ts";
import type { Window } from "./window.ts";

const doctorTimeoutMs = 60_000;

/** Runs `airlock doctor` and shows its report as a document that can be copied into a bug report. */
export async function showDoctor({ sessions, program, reports }: Window): Promise<void> {
  const folder = sessions.focused?.folder;
  const call = doctorCall(program, folder?.uri.fsPath ?? homedir(), readMachineOptions(folder));
  const text = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Airlock: checking this machine" },
    async () => {
      const { runProgram } = await import("../services/run.ts");
      const { stdout, stderr } = await runProgram(call, doctorTimeoutMs);
      return [stdout, stderr].filter((part) => part !== "").join("\n");
    },
  );
  const document = await vscode.workspace.openTextDocument(reports.set("/Airlock Doctor", text));
  await vscode.window.showTextDocument(document, { preview: true });
}
