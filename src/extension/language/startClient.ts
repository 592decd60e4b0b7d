import * as vscode from "vscode";
import { LanguageClient, TransportKind } from "vscode-languageclient/node";
import { presetCommand, trustGranted } from "#shared/protocol/language.ts";

/** Starts the language server for the selected documents; ended with what this returns. */
export async function startClient(
  module: string,
  documentSelector: { scheme: string; pattern: string }[],
  options: Record<string, unknown>,
): Promise<vscode.Disposable> {
  const client = new LanguageClient(
    "airlock",
    "Airlock Language Server",
    { module, transport: TransportKind.ipc },
    {
      documentSelector,
      // Asked for anew when the server is started again.
      initializationOptions: () => ({
        ...{ ...options, presetCommand, isTrusted: vscode.workspace.isTrusted },
      }),
      // Hovers quote what files say, so they may do nothing else.
      markdown: { isTrusted: { enabledCommands: [presetCommand] } },
      initializationFailedHandler: () => false,
    },
  );
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(() =>
    client
      .sendNotification(trustGranted)
      .catch((error: unknown) => client.error("The workspace's trust was not told.", error, false)),
  );
  await client.start();
  return vscode.Disposable.from(trust, {
    dispose: () => void client.dispose().catch(() => undefined),
  });
}
