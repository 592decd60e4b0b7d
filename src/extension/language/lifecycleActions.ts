import { commands } from "#shared/contributions.ts";
import type { SandboxState } from "../sandboxes/state.ts";

/** A lens: its title with VS Code's icon syntax, and what a click does; without a command it only tells. */
export type LifecycleAction = { title: string; command?: string };

/** What can be done with a sandbox in a state. */
export function lifecycleActions(state: SandboxState): LifecycleAction[] {
  switch (state.kind) {
    case "stopped":
    case "failed":
      return [{ title: "$(play) Start Sandbox", command: commands.start.id }];
    case "suspended":
      return [
        { title: "$(play) Resume Sandbox", command: commands.start.id },
        {
          title: "$(discard) Discard Saved Programs…",
          command: commands.discardSuspended.id,
        },
      ];
    case "starting":
      return [
        { title: `$(loading~spin) Starting: ${state.progress.phase}` },
        { title: "$(close) Cancel Start", command: commands.stop.id },
      ];
    case "running":
      return [
        { title: "$(debug-stop) Stop Sandbox", command: commands.stop.id },
        { title: "$(debug-pause) Suspend Sandbox", command: commands.suspend.id },
        { title: "$(debug-restart) Restart Sandbox", command: commands.restart.id },
        { title: "$(terminal) Open Terminal", command: commands.openTerminal.id },
      ];
    case "stopping":
      return [{ title: "$(loading~spin) Stopping" }];
  }
}
