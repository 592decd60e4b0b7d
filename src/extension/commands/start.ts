import * as vscode from "vscode";
import { formatAmount } from "#shared/bytes.ts";
import { settings } from "#shared/contributions.ts";
import { createConfiguration } from "../configuration/create.ts";
import type { SandboxSession, StartOutcome } from "../sandboxes/session.ts";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { isActive, type SandboxState } from "../sandboxes/state.ts";
import { inBackground } from "../services/inBackground.ts";
import { plainText } from "../services/plainText.ts";
import { readMachineOptions, readSetting } from "../services/settings.ts";
import { type Agreed, Agreements } from "./agreements.ts";
import { presentFailure } from "./failure.ts";
import { presentNotices } from "./notices.ts";
import { StartFlows } from "./startFlows.ts";
import { mayStart, type Window } from "./window.ts";

const flows = new StartFlows<SandboxSession>();

/**
 * Starts a sandbox with progress and cancel; answers whether it runs afterwards. A start that is on its
 * way is joined, and what it asks comes into view again.
 */
export async function startSandbox(window: Window, sandbox: FolderSandbox): Promise<boolean> {
  if (!(await mayStart())) return false;
  const { folder, session } = sandbox;
  return flows.run(session, {
    isGoingOn: async () =>
      session.state.kind === "starting" || (await window.approvals.reveal(folder)),
    start: () => startOnce(window, sandbox),
  });
}

/** Resolves when a start that is on its way has ended with all its questions; at once when there is none. */
export async function startEnds({ session }: FolderSandbox): Promise<void> {
  await flows.ended(session);
}

async function startOnce(window: Window, sandbox: FolderSandbox): Promise<boolean> {
  if (sandbox.session.state.kind === "running") return true;
  if (!sandbox.configured && !(await offerConfiguration(sandbox))) return false;
  const agreements = new Agreements(window, sandbox);
  let warnings: string[] = [];
  let outcome: StartOutcome;
  do {
    warnings = [];
    outcome = await startWithProgress(window, sandbox, { agreed: agreements.agreed, warnings });
  } while (outcome.kind === "failed" && (await agreements.ask(outcome.failure)) === "again");
  if (agreements.isGivenUp) return false;
  const { logger } = window.log;
  if (outcome.kind === "failed") {
    inBackground("failure", presentFailure(window, sandbox, outcome.failure), logger);
  }
  if (outcome.kind === "ready") {
    agreements.remember();
    inBackground("notices", presentNotices(window, warnings), logger);
  }
  return outcome.kind === "ready";
}

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
      session.onDidChange((state) => {
        if (state.kind === "starting")
          progress.report({ message: plainText(progressMessage(state)) });
      }),
    ];
    try {
      return await session.start({
        ...agreed,
        ...readMachineOptions(folder),
        maxImageSize: readSetting(settings.maxImageSize, folder),
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
  const { text, amount, details } = state.progress;
  if (amount === null) return text;
  return `${text} (${[formatAmount(amount), details].filter(Boolean).join(", ")})`;
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
