import { homedir } from "node:os";
import * as vscode from "vscode";
import type { ImagePrune } from "#shared/protocol/imagePrune.ts";
import type { Window } from "../commands/window.ts";
import { plainText } from "../services/plainText.ts";
import { pruneCall } from "../services/program.ts";

const timeoutMs = 120_000;

/** Deletes the images that no project uses, after a question that names them. */
export async function pruneImages(window: Window): Promise<void> {
  const { pruneOutcome, pruneQuestion } = await import("./pruneText.ts");
  const found = await prune(window, { dryRun: true });
  if (found === undefined) return;
  if (found.removed.length === 0) {
    const nothing =
      "There is nothing to prune: every stored image is used, or was a short time ago.";
    void vscode.window.showInformationMessage(nothing);
    return;
  }
  const { message, detail } = pruneQuestion(found);
  const remove = "Delete";
  const options = { modal: true, detail: plainText(detail) };
  const answer = await vscode.window.showWarningMessage(plainText(message), options, remove);
  if (answer !== remove) return;
  const done = await prune(window, { dryRun: false });
  if (done !== undefined) void vscode.window.showInformationMessage(pruneOutcome(done));
}

/** Runs the program; undefined, with a message, when it fails. */
async function prune(
  { program, log }: Window,
  options: { dryRun: boolean },
): Promise<ImagePrune | undefined> {
  const [{ runProgram }, { parsePrune }] = await Promise.all([
    import("../services/run.ts"),
    import("./pruneText.ts"),
  ]);
  const { exitCode, stdout, stderr } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Airlock: looking through the images" },
    () => runProgram(pruneCall(program, homedir(), options), timeoutMs),
  );
  const result = exitCode === 0 ? parsePrune(stdout) : undefined;
  if (result !== undefined) return result;
  log.logger.error(`image prune: ${stderr}`);
  const message = `The images could not be pruned. ${stderr.trim()}`;
  void vscode.window.showErrorMessage(plainText(message));
  return undefined;
}
