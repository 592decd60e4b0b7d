import * as vscode from "vscode";
import { formatAmount } from "#shared/bytes.ts";
import { settings } from "#shared/contributions.ts";
import { askForApproval } from "../approval/ask.ts";
import { createConfiguration } from "../configuration/create.ts";
import type { StartOutcome } from "../sandboxes/session.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { isActive, type SandboxState } from "../sandboxes/state.ts";
import { plainText } from "../services/plainText.ts";
import { readMachineOptions, readSetting } from "../services/settings.ts";
import { presentFailure } from "./failure.ts";
import { presentNotices } from "./notices.ts";
import { mayStart, type Window } from "./window.ts";

/** Starts a sandbox with progress and cancel; answers whether it runs afterwards. */
export async function startSandbox(window: Window, sandbox: FolderSandbox): Promise<boolean> {
  if (!(await mayStart())) return false;
  if (sandbox.session.state.kind === "running") return true;
  if (!sandbox.configured && !(await offerConfiguration(sandbox))) return false;
  let warnings: string[] = [];
  let agreed: Agreed = { recreate: false, keepImage: false, approve: undefined };
  let outcome = await startWithProgress(window, sandbox, { agreed, warnings });
  while (outcome.kind === "failed" && outcome.failure.approval !== undefined) {
    const { approval } = outcome.failure;
    if (!(await askForApproval(sandbox.folder, approval, window.approvals))) return false;
    agreed = { ...agreed, approve: approval.digest };
    warnings = [];
    outcome = await startWithProgress(window, sandbox, { agreed, warnings });
  }
  if (outcome.kind === "failed" && outcome.failure.code === "image-changed") {
    const answer = await askAboutImage(outcome.failure.message);
    if (answer === undefined) return false;
    warnings = [];
    agreed = { ...answer, approve: undefined };
    outcome = await startWithProgress(window, sandbox, { agreed, warnings });
  }
  if (outcome.kind === "failed") void presentFailure(window, sandbox, outcome.failure);
  if (outcome.kind === "ready") void presentNotices(window, warnings);
  return outcome.kind === "ready";
}

/** What the user has said yes to in the course of a start. */
type Agreed = ImageAnswer & { approve: string | undefined };

function startWithProgress(
  { log }: Window,
  { folder, session }: FolderSandbox,
  { agreed, warnings }: { agreed: Agreed; warnings: string[] },
): Thenable<StartOutcome> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: plainText(`Starting sandbox of ${folder.name}`),
    cancellable: true,
  };
  return vscode.window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    const listeners = [
      token.onCancellationRequested(() => cancel.abort()),
      session.onDidChange((state) =>
        progress.report({ message: plainText(progressMessage(state)) }),
      ),
    ];
    try {
      return await session.start({
        ...agreed,
        ...readMachineOptions(folder),
        logLevel: readSetting(settings.logLevel, folder),
        signal: cancel.signal,
        onNotice: ({ level, text }) => {
          log.logger[level === "warning" ? "warn" : "info"](text);
          if (level === "warning") warnings.push(text);
        },
      });
    } finally {
      for (const listener of listeners) listener.dispose();
    }
  });
}

function progressMessage(state: SandboxState): string {
  if (state.kind !== "starting") return state.kind;
  const { text, amount } = state.progress;
  return amount === null ? text : `${text} (${formatAmount(amount)})`;
}

async function offerConfiguration({ folder, session }: FolderSandbox): Promise<boolean> {
  if (isActive(session.state)) return true;
  const create = "Create Configuration";
  const answer = await vscode.window.showInformationMessage(
    plainText(`${folder.name} has no airlock.toml yet. It says what the sandbox is made of.`),
    { modal: true },
    create,
  );
  return answer === create && (await createConfiguration(folder, { reveal: false }));
}

type ImageAnswer = { recreate: boolean; keepImage: boolean };

async function askAboutImage(message: string): Promise<ImageAnswer | undefined> {
  const recreate = "Re-create";
  const keep = "Keep Old Image";
  const answer = await vscode.window.showWarningMessage(
    "The image has changed since this sandbox was created.",
    {
      modal: true,
      detail: `${message}\n\nRe-creating the sandbox resets its root file system. Caches and the project stay.`,
    },
    recreate,
    keep,
  );
  if (answer === undefined) return undefined;
  return { recreate: answer === recreate, keepImage: answer === keep };
}
