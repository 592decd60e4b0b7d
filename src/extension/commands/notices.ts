import * as vscode from "vscode";
import { plainText } from "../services/plainText.ts";
import type { Window } from "./window.ts";

const memoryKey = "silencedNotices";
/** Notices that the user does not want to see again; the oldest are forgotten. */
const memoryLength = 50;

/** Shows the warnings of a start as one message, unless the user has silenced exactly these. */
export async function presentNotices(
  { log, memory }: Window,
  warnings: readonly string[],
): Promise<void> {
  if (warnings.length === 0) return;
  const silenced = memory.get<string[]>(memoryKey, []);
  const all = warnings.join("\n");
  if (silenced.includes(all)) return;
  const more = warnings.length > 1 ? ` (and ${warnings.length - 1} more in the log)` : "";
  const [logs, silence] = ["Show Log", "Don't Show Again"];
  const answer = await vscode.window.showWarningMessage(
    plainText(`${warnings[0]}${more}`),
    logs,
    silence,
  );
  if (answer === logs) log.show();
  if (answer === silence) await memory.update(memoryKey, [...silenced, all].slice(-memoryLength));
}
