import type * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";

/** Starts the language server for the selected documents; ended with what this returns. */
export async function startClient(
  module: string,
  documentSelector: { scheme: string; pattern: string }[],
  initializationOptions: Record<string, unknown>,
): Promise<vscode.Disposable> {
  const client = new LanguageClient(
    "airlock",
    "Airlock Language Server",
    { module, transport: TransportKind.ipc },
    { documentSelector, initializationOptions, initializationFailedHandler: () => false },
  );
  await client.start();
  return { dispose: () => void client.dispose().catch(() => undefined) };
}
