import { afterEach } from "node:test";
import type { Window } from "./workbenchWindow.ts";

/** Keeps a picture of the window after each failed test, when AIRLOCK_SCREENSHOTS says where. */
export function photographFailures(window: () => Window | undefined): void {
  afterEach(async (context) => {
    if ("error" in context && context.error) await window()?.photograph(context.name);
  });
}
