import * as vscode from "vscode";
import type { Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import {
  type KnownTerminals,
  knownFolder,
  livingTerminals,
  withoutTerminal,
} from "./knownTerminals.ts";
import { isTerminalOf } from "./terminalOf.ts";

/** Not the key of former versions, whose entries had no names. */
const memoryKey = "sandboxTerminals";

export type SandboxTerminals = Disposable & {
  /** Closes the terminals of the sandbox in a folder. */
  closeAll(folder: string): Promise<void>;
};

/**
 * Closes the terminals of a sandbox that is being stopped. Their programs end with the machine, and VS
 * Code would report each of them as a failure.
 */
export function closeTerminalsOnStop(sessions: Sessions, memory: vscode.Memento): SandboxTerminals {
  const store = new DisposableStore();
  const known = () => memory.get<KnownTerminals>(memoryKey, {});
  const note = async (terminal: vscode.Terminal) => {
    const { pid, name } = await shownOf(terminal);
    const folder = sessions.all
      .map((sandbox) => sandbox.folder.uri.fsPath)
      .find((path) => isTerminalOf(path, terminal.creationOptions));
    if (pid === undefined || folder === undefined) return;
    await memory.update(memoryKey, { ...known(), [pid]: { folder, name } });
  };
  const forget = async (terminal: vscode.Terminal) => {
    // The processes of a window that is reloaded go on.
    if (terminal.exitStatus?.reason === vscode.TerminalExitReason.Shutdown) return;
    await memory.update(memoryKey, withoutTerminal(known(), (await terminal.processId) ?? 0));
  };
  const closeAll = async (folder: string) => {
    for (const terminal of vscode.window.terminals) {
      const isOurs = isTerminalOf(folder, terminal.creationOptions);
      if (isOurs || knownFolder(known(), await shownOf(terminal)) === folder) terminal.dispose();
    }
  };
  void memory.update(memoryKey, livingTerminals(known(), isAlive));
  for (const terminal of vscode.window.terminals) void note(terminal);
  store.add(vscode.window.onDidOpenTerminal(note));
  store.add(vscode.window.onDidCloseTerminal(forget));
  store.add(
    sessions.onDidChange(() => {
      for (const { folder, session } of sessions.all) {
        if (session.state.kind === "stopping") void closeAll(folder.uri.fsPath);
      }
    }),
  );
  return { closeAll, dispose: () => store.dispose() };
}

async function shownOf(terminal: vscode.Terminal) {
  return { pid: await terminal.processId, name: terminal.name };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // Ended, or somebody else's by now.
    return false;
  }
}
