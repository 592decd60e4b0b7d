import { commands } from "#shared/contributions.ts";
import { suspendedText } from "#shared/suspendedText.ts";
import { headline } from "../sandboxes/failureText.ts";
import type { SandboxState, StartProgress } from "../sandboxes/state.ts";
import { plainLabel } from "../services/plainText.ts";

export type StatusText = {
  /** With VS Code's icon syntax. */
  text: string;
  /** Lines of plain text for the hover. */
  hover: readonly string[];
  /** What the hover offers. */
  commands: readonly { id: string; title: string }[];
  /** What a screen reader says. */
  label: string;
  tone: "plain" | "error";
};

const always = [commands.openPanel, commands.openTerminal, commands.showLogs];

/** The status bar item of a sandbox; `folder` is its name where the window has several. */
export function statusText(state: SandboxState, folder: string | undefined): StatusText {
  const prefix = folder === undefined ? "Airlock" : `Airlock (${folder})`;
  const say = (icon: string, words: string, rest: Partial<StatusText> = {}): StatusText => ({
    text: `$(${icon}) ${plainLabel(`${prefix}: ${words}`)}`,
    hover: [],
    commands: always,
    label: `${prefix} sandbox: ${words}`,
    tone: "plain",
    ...rest,
  });
  switch (state.kind) {
    case "stopped":
      return say("vm-outline", "stopped", { hover: ["Click to start the sandbox."] });
    case "starting":
      return say("loading~spin", progressWords(state.progress), {
        hover: [state.progress.text, "Click to cancel the start."],
      });
    case "running": {
      const { image, accelerator } = state.status;
      const words = [image.name, accelerator?.toUpperCase()].filter(Boolean).join(" · ");
      return say("vm-running", words, {
        hover: ["Click to stop the sandbox."],
        commands: [...always, commands.suspend],
        label: `${prefix} sandbox: running ${image.name} with ${accelerator ?? "unknown"} acceleration`,
      });
    }
    case "stopping":
      return state.status?.status === "suspending"
        ? say("loading~spin", "suspending", { hover: ["The sandbox is being saved."] })
        : say("loading~spin", "stopping", { hover: ["The sandbox's processes are ending."] });
    case "suspended":
      return say("debug-pause", "suspended", {
        hover: [
          ...(state.status.suspended === null ? [] : [suspendedText(state.status.suspended)]),
          "Click to go on with the sandbox where it was.",
        ],
        commands: [...always, commands.discardSuspended],
      });
    case "failed":
      return say("error", "failed", {
        hover: [
          state.failure.message,
          state.failure.hint ?? "",
          "Click to start the sandbox.",
        ].filter((line) => line !== ""),
        label: `${prefix} sandbox failed: ${headline(state.failure.message)}`,
        tone: "error",
      });
  }
}

/** Markdown that runs a command with an argument. */
export function commandLink(
  { id, title }: { id: string; title: string },
  argument: unknown,
): string {
  // A bracket, which is legal in a URI, would end the link.
  const query = encodeURIComponent(JSON.stringify([argument])).replaceAll(")", "%29");
  return `[${title}](command:${id}?${query.replaceAll("(", "%28")})`;
}

/** A phase in a few words, such as `image 42 %`. */
export function progressWords({ phase, amount }: StartProgress): string {
  if (amount === null) return `${phase}…`;
  return `${phase} ${Math.floor((amount.doneBytes / amount.totalBytes) * 100)} %`;
}
