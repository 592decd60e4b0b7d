import type { FolderSandbox } from "../sandboxes/sessions.ts";
import type { SandboxStateKind } from "../sandboxes/state.ts";
import type { Disposable } from "../services/disposables.ts";
import { inBackground } from "../services/inBackground.ts";
import { presentFailure } from "./failure.ts";
import type { Window } from "./window.ts";

/** Tells the user when a sandbox that ran has failed. A failing start is told by the start itself. */
export function watchFailures(window: Window): Disposable {
  const known = new Map<string, SandboxStateKind>();
  return window.sessions.onDidChange(() => {
    for (const sandbox of window.sessions.all) compare(window, known, sandbox);
  });
}

function compare(
  window: Window,
  known: Map<string, SandboxStateKind>,
  sandbox: FolderSandbox,
): void {
  const { state, folder } = sandbox.session;
  const before = known.get(folder);
  known.set(folder, state.kind);
  if (before === "running" && state.kind === "failed") {
    const shown = presentFailure(window, sandbox, state.failure);
    inBackground("failure", shown, window.log.logger);
  }
}
