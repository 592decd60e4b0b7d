import * as vscode from "vscode";
import type { SuspendResponse } from "#shared/generated/airlock/sandbox/v1/sandbox_pb.js";
import { suspendedText } from "#shared/suspendedText.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import type { Failure } from "../sandboxes/state.ts";
import { plainText } from "../services/plainText.ts";
import { stopCall } from "../services/program.ts";
import { showLogs } from "./logs.ts";
import { obstacleText, sessionsText } from "./suspendText.ts";
import type { Window } from "./window.ts";

const discardTimeoutMs = 60_000;
const kept = "The disk and the project stay.";

/** Saves a running sandbox with its programs and ends it, after a question where terminals would end. */
export async function suspendSandbox(window: Window, sandbox: FolderSandbox): Promise<void> {
  try {
    let answer = await suspendWithProgress(sandbox, false);
    if (answer !== undefined && answer.sessions > 0 && answer.obstacles.length === 0) {
      if (!(await mayEndSessions(sandbox, answer.sessions))) return;
      // VS Code would report the end of each as a failure.
      await window.terminals.closeAll(sandbox.folder.uri.fsPath);
      answer = await suspendWithProgress(sandbox, true);
    }
    if (answer !== undefined && answer.obstacles.length > 0) showObstacles(sandbox, answer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    window.log.logger.error(`suspend: ${message}`);
    const logs = "Show Logs";
    const chosen = await vscode.window.showErrorMessage(plainText(message), logs);
    if (chosen === logs) await showLogs(window, sandbox);
  }
}

/** Ends what is suspended without going on with it, after a question. */
export async function discardSuspended(window: Window, sandbox: FolderSandbox): Promise<void> {
  const { folder, session } = sandbox;
  const { state } = session;
  if (state.kind !== "suspended") return;
  const saved = state.status.suspended;
  const discard = "Discard";
  const answer = await vscode.window.showWarningMessage(
    plainText(`Discard the saved programs of ${folder.name}?`),
    {
      modal: true,
      detail: `${saved === null ? "" : `${suspendedText(saved)}\n\n`}They end without going on. ${kept}`,
    },
    discard,
  );
  if (answer !== discard) return;
  const { runProgram } = await import("../services/run.ts");
  const { exitCode, stderr } = await runProgram(
    stopCall(window.program, folder.uri.fsPath),
    discardTimeoutMs,
  );
  await session.inspect();
  if (exitCode === 0) return;
  window.log.logger.error(`stop: ${stderr}`);
  const message = `The saved programs were not discarded. ${stderr.trim()}`;
  void vscode.window.showErrorMessage(plainText(message));
}

// No button to cancel: a supervisor that has begun to save cannot be told to go on instead.
function suspendWithProgress({ folder, session }: FolderSandbox, endSessions: boolean) {
  const title = plainText(`Suspending sandbox of ${folder.name}`);
  const options = { location: vscode.ProgressLocation.Notification, title };
  return vscode.window.withProgress(options, () => session.suspend({ endSessions }));
}

async function mayEndSessions({ folder }: FolderSandbox, sessions: number): Promise<boolean> {
  const suspend = "Suspend";
  const answer = await vscode.window.showWarningMessage(
    plainText(`Suspending the sandbox of ${folder.name} ends ${sessionsText(sessions)}.`),
    { modal: true, detail: "Programs that run in the background are kept." },
    suspend,
  );
  return answer === suspend;
}

function showObstacles({ folder }: FolderSandbox, { obstacles }: SuspendResponse): void {
  const message = `The sandbox of ${folder.name} was not suspended and runs on.`;
  const detail = `Programs in it use shared folders in a way that cannot be kept:\n\n${obstacleText(obstacles)}`;
  void vscode.window.showWarningMessage(plainText(message), {
    modal: true,
    detail: plainText(detail),
  });
}

/** What the user wants to become of a suspended sandbox that does not fit any more. */
export type SuspendedAnswer = { resume: boolean; discardSuspended: boolean };

export function isAboutSuspended({ code }: Failure): boolean {
  return code === "suspended-changed" || code === "suspended-unusable";
}

/** Asks about a start that failed for a suspended sandbox; undefined when the user changed their mind. */
export async function askAboutSuspended({
  code,
  message,
}: Failure): Promise<SuspendedAnswer | undefined> {
  const resume = "Resume As It Was";
  const discard = "Discard and Start Fresh";
  const choices = code === "suspended-changed" ? [resume, discard] : [discard];
  const answer = await vscode.window.showWarningMessage(
    plainText(message),
    {
      modal: true,
      detail: `Starting fresh ends the programs that were suspended. ${kept}`,
    },
    ...choices,
  );
  if (answer === undefined) return undefined;
  return { resume: answer === resume, discardSuspended: answer === discard };
}
