import { homedir } from "node:os";
import * as vscode from "vscode";
import { configurationGlob, userConfigurationGlobs } from "#shared/contributions.ts";
import { type Disposable, DisposableStore, onDispose } from "../services/disposables.ts";
import { configCall, type Program } from "../services/program.ts";
import type { Finished } from "../services/run.ts";

const timeoutMs = 20_000;
/** An editor saves in several steps; one reading after them is enough. */
const settleMs = 150;

/** Reads what a folder's configuration amounts to, with the origins. */
export async function readEffective(program: Program, folder: string): Promise<Finished> {
  const { runProgram } = await import("../services/run.ts");
  return runProgram(configCall(program, folder), timeoutMs);
}

/** Calls `onChange` after a file that takes part in a folder's configuration has changed. */
export function watchConfiguration(folder: string, onChange: () => void): Disposable {
  const store = new DisposableStore();
  let timer: NodeJS.Timeout | undefined;
  store.add(onDispose(() => clearTimeout(timer)));
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  };
  const home = vscode.Uri.file(homedir());
  const patterns = [
    new vscode.RelativePattern(vscode.Uri.file(folder), configurationGlob),
    ...userConfigurationGlobs.map((glob) => {
      const at = glob.lastIndexOf("/");
      return new vscode.RelativePattern(
        vscode.Uri.joinPath(home, glob.slice(0, Math.max(0, at))),
        glob.slice(at + 1),
      );
    }),
  ];
  for (const pattern of patterns) {
    const watcher = store.add(vscode.workspace.createFileSystemWatcher(pattern));
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete]) {
      store.add(event(changed));
    }
  }
  return store;
}
