import { until } from "./workbench.ts";
import type { Window } from "./workbenchWindow.ts";

/** Waits until the sandbox's item in the status bar shows a text. */
export async function shows(window: Window, pattern: RegExp, timeoutMs = 60_000): Promise<void> {
  const text = async () => (await window.statusBar.textContent({ timeout: timeoutMs })) ?? "";
  await until(`the status bar shows ${pattern}`, async () => pattern.test(await text()), timeoutMs);
}

/** Waits until the last line of the terminal in view is a shell's prompt. */
export async function prompt(window: Window, timeoutMs = 120_000): Promise<void> {
  const isAsking = async () => /[#$]$/.test((await window.terminalText()).trimEnd());
  await until("a prompt", isAsking, timeoutMs);
}
