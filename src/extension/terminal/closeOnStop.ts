import * as vscode from "vscode";
import type { Sessions } from "../sandboxes/sessions.ts";
import type { Disposable } from "../services/disposables.ts";
import { isTerminalOf } from "./terminalOf.ts";

/**
 * Closes the terminals of a sandbox that is being stopped. Their programs end with the machine, and VS
 * Code would report each of them as a failure.
 */
export function closeTerminalsOnStop(sessions: Sessions): Disposable {
  return sessions.onDidChange(() => {
    for (const { folder, session } of sessions.all) {
      if (session.state.kind !== "stopping") continue;
      for (const terminal of vscode.window.terminals) {
        if (isTerminalOf(folder.uri.fsPath, terminal.creationOptions)) terminal.dispose();
      }
    }
  });
}
