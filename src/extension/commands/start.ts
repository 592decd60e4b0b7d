import * as vscode from "vscode";
import { formatAmount } from "#shared/bytes.ts";
import { settings } from "#shared/contributions.ts";
import { askForApproval } from "../approval/ask.ts";
import { createConfiguration } from "../configuration/create.ts";
import type { StartOutcome } from "../sandboxes/session.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { type Failure, isActive, type SandboxState } from "../sandboxes/state.ts";
import { plainText } from "../services/plainText.ts";
import { readMachineOptions, readSetting } from "../services/settings.ts";
import { presentFailure } from "./failure.ts";
import { presentNotices } from "./notices.ts";
import { askAboutSuspended, isAboutSuspended, type SuspendedAnswer } from "./suspend.ts";
import { mayStart, type Window } from "./window.ts";

/** Starts a sandbox with progress and cancel; answers whether it runs afterwards. */
export async function startSandbox(window: Window, sandbox: FolderSandbox): Promise<boolean> {
  if (!(await mayStart())) return false;
  if (sandbox.session.state.kind === "running") return true;
  if (!sandbox.configured && !(await offerConfiguration(sandbox))) return false;
  let agreed: Agreed = { recreate: false, keepImage: false, approve: undefined };
  for (;;) {
    const warnings: string[] = [];
    const outcome = await startWithProgress(window, sandbox, { agreed, warnings });
    if (outcome.kind === "ready") void presentNotices(window, warnings);
    if (outcome.kind !== "failed") return outcome.kind === "ready";
    const answer = await askAbout(outcome.failure, agreed, { window, sandbox });
    if (answer === "refused") return false;
    if (answer === "nothing to ask") {
      void presentFailure(window, sandbox, outcome.failure);
      return false;
    }
    agreed = answer;
  }
}

/** What the user agrees to, so that a failed start is tried again. Nothing is asked for twice. */
async function askAbout(
  failure: Failure,
  agreed: Agreed,
  { window, sandbox }: { window: Window; sandbox: FolderSandbox },
): Promise<Agreed | "refused" | "nothing to ask"> {
  const { approval, code, message } = failure;
  if (approval !== undefined && approval.digest !== agreed.approve) {
    const yes = await askForApproval(sandbox.folder, approval, window.approvals);
    return yes ? { ...agreed, approve: approval.digest } : "refused";
  }
  if (code === "image-changed" && !agreed.recreate && !agreed.keepImage) {
    const answer = await askAboutImage(message);
    return answer === undefined ? "refused" : { ...agreed, ...answer };
  }
  if (isAboutSuspended(failure) && !agreed.discardSuspended) {
    const answer = await askAboutSuspended(failure);
    if (answer !== undefined) return { ...agreed, ...answer };
    // It is suspended still.
    await sandbox.session.inspect();
    return "refused";
  }
  return "nothing to ask";
}

/** What the user has said yes to in the course of a start. */
type Agreed = ImageAnswer & Partial<SuspendedAnswer> & { approve: string | undefined };

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
        suspendOnWindowClose: readSetting(settings.suspendOnWindowClose, folder),
        suspendIdleMinutes: readSetting(settings.suspendIdleMinutes, folder),
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
