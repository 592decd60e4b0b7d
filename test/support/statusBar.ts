import { until } from "./workbench.ts";
import type { Window } from "./workbenchWindow.ts";

/** Waits until the sandbox's item in the status bar shows a text. */
export async function shows(window: Window, pattern: RegExp, timeoutMs = 60_000): Promise<void> {
  const text = async () => (await window.statusBar.textContent({ timeout: timeoutMs })) ?? "";
  await until(`the status bar shows ${pattern}`, async () => pattern.test(await text()), timeoutMs);
}
