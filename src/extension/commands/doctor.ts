import { homedir } from "node:os";
import * as vscode from "vscode";
import { reportScheme } from "#shared/contributions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { doctorCall } from "../services/program.ts";
import { readMachineOptions } from "../services/settings.ts";
import type { Window } from "./window.ts";

const doctorTimeoutMs = 60_000;
const reports = new Map<string, string>();

/** Runs `airlock doctor` and shows its report as a document that can be copied into a bug report. */
export async function showDoctor({ sessions, program }: Window): Promise<void> {
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
  const uri = vscode.Uri.from({ scheme: reportScheme, path: "/Airlock Doctor" });
  reports.set(uri.path, text);
  refreshed.fire(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true });
}

const refreshed = new vscode.EventEmitter<vscode.Uri>();

/** Serves the reports as read-only documents. */
export function createReportDocuments(): Disposable {
  const store = new DisposableStore();
  store.add(
    vscode.workspace.registerTextDocumentContentProvider(reportScheme, {
      onDidChange: refreshed.event,
      provideTextDocumentContent: (uri) => reports.get(uri.path) ?? "",
    }),
  );
  return store;
}
