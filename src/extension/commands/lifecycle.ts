import * as vscode from "vscode";
import type { FolderSandbox } from "../sandboxes/sessions.ts";
import { isActive } from "../sandboxes/state.ts";
import { plainLabel, plainText } from "../services/plainText.ts";
import { startEnds, startSandbox } from "./start.ts";
import type { Window } from "./window.ts";

/** Stops a sandbox with progress; answers whether nothing of it is left. */
export async function stopSandbox(
  window: Window,
  sandbox: FolderSandbox,
  { force = false } = {},
): Promise<boolean> {
  const { folder, session } = sandbox;
  const options = {
    location: vscode.ProgressLocation.Window,
    title: plainLabel(`Stopping sandbox of ${folder.name}`),
  };
  try {
    await vscode.window.withProgress(options, () => session.stop({ force }));
    return true;
  } catch (error) {
    window.log.logger.error(`stop: ${error}`);
    void session.attach();
    return offerForce(window, sandbox, error);
  }
}

async function offerForce(
  window: Window,
  sandbox: FolderSandbox,
  error: unknown,
): Promise<boolean> {
  const message = error instanceof Error ? error.message : String(error);
  const force = "Force Stop";
  const answer = await vscode.window.showErrorMessage(
    plainText(`The sandbox could not be stopped. ${message}`),
    force,
  );
  return answer === force && stopSandbox(window, sandbox, { force: true });
}

/** Starts again, after a stop of what runs. */
export async function restartSandbox(window: Window, sandbox: FolderSandbox): Promise<void> {
  if (isActive(sandbox.session.state)) {
    if (!(await stopSandbox(window, sandbox))) return;
    // A start that the stop has cancelled must not be joined.
    await startEnds(sandbox);
  }
  await startSandbox(window, sandbox);
}

/** Starts what is stopped and stops what is not. */
export async function toggleSandbox(window: Window, sandbox: FolderSandbox): Promise<void> {
  if (sandbox.session.state.kind === "stopping") return;
  if (isActive(sandbox.session.state)) await stopSandbox(window, sandbox);
  else await startSandbox(window, sandbox);
}
