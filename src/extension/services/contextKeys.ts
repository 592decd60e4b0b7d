import * as vscode from "vscode";
import { contextKeys } from "#shared/contributions.ts";

const current = new Map<string, boolean>();

/** Sets a context key of `contextKeys`; the same value twice costs nothing. */
export function setContextKey(name: keyof typeof contextKeys, value: boolean): void {
  const key = contextKeys[name];
  if (current.get(key) === value) return;
  current.set(key, value);
  void vscode.commands.executeCommand("setContext", key, value);
}
