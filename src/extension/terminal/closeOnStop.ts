import * as vscode from "vscode";
import type { Sessions } from "../sandboxes/sessions.ts";
import { type Disposable, DisposableStore } from "../services/disposables.ts";
import { isTerminalOf } from "./terminalOf.ts";

/** Folders of the sandboxes' terminals by process: what VS Code tells of a terminal ends with a reload. */
type KnownTerminals = Readonly<Record<number, string>>;

const memoryKey = "terminals";

/**
 * Closes the terminals of a sandbox that is being stopped. Their programs end with the machine, and VS
 * Code would report each of them as a failure.
 */
export function closeTerminalsOnStop(sessions: Sessions, memory: vscode.Memento): Disposable {
  const store = new DisposableStore();
  const known = () => memory.get<KnownTerminals>(memoryKey, {});
  const note = async (terminal: vscode.Terminal) => {
    const pid = await terminal.processId;
    const folder = sessions.all
      .map((sandbox) => sandbox.folder.uri.fsPath)
      .find((path) => isTerminalOf(path, terminal.creationOptions));
    if (pid === undefined || folder === undefined) return;
    await memory.update(memoryKey, { ...known(), [pid]: folder });
  };
  const forget = async (terminal: vscode.Terminal) => {
    // The processes of a window that is reloaded go on.
    if (terminal.exitStatus?.reason === vscode.TerminalExitReason.Shutdown) return;
    const { [(await terminal.processId) ?? 0]: _, ...others } = known();
    await memory.update(memoryKey, others);
  };
  const closeAll = async (folder: string) => {
    for (const terminal of vscode.window.terminals) {
      const isOurs = isTerminalOf(folder, terminal.creationOptions);
      if (isOurs || known()[(await terminal.processId) ?? 0] === folder) terminal.dispose();
    }
  };
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
  return store;
}
