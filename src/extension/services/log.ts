import * as vscode from "vscode";
import { outputChannel } from "#shared/contributions.ts";
import { createLogger, type Logger } from "#shared/log.ts";
import type { DisposableStore } from "./disposables.ts";

export type ExtensionLog = {
  logger: Logger;
  /** Brings the output channel into view. */
  show(): void;
};

/** The extension's log: an output channel, whose level the user sets in VS Code. */
export function createLog(store: DisposableStore): ExtensionLog {
  const channel = store.add(vscode.window.createOutputChannel(outputChannel, { log: true }));
  const logger = createLogger("extension", "trace", [
    (record) => channel[record.level](`${record.target}: ${record.text}`),
  ]);
  return { logger, show: () => channel.show(true) };
}
