import * as vscode from "vscode";
import { contextKeys } from "#shared/contributions.ts";

const current = new Map<string, string>();

/** Sets a context key of `contextKeys`; the same value twice costs nothing. */
export function setContextKey(
  name: keyof typeof contextKeys,
  value: boolean | readonly string[],
): void {
  const key = contextKeys[name];
  const text = JSON.stringify(value);
  if (current.get(key) === text) return;
  current.set(key, text);
  void vscode.commands.executeCommand("setContext", key, value);
}
