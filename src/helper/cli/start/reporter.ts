import { printable } from "#shared/printable.ts";
import { progressDetails } from "#shared/progressText.ts";
import type { SandboxStatus, StartEvent } from "#shared/protocol/status.ts";
import { palette } from "../style.ts";

export type Progress = {
  phase: string;
  text: string;
  doneBytes: number | null;
  totalBytes: number | null;
  bytesPerSecond?: number | null;
  secondsLeft?: number | null;
  /** Parts that are worked on side by side. */
  layers?: readonly {
    digest: string;
    state: "waiting" | "fetching" | "fetched" | "done";
    doneBytes: number;
    totalBytes: number;
  }[];
};

/** How a start tells what it does: to a person at a terminal, to a log, or to a program. */
export type Reporter = {
  progress(progress: Progress): void;
  notice(level: "info" | "warning", text: string): void;
  ready(status: SandboxStatus): void;
  exited(code: number): void;
  error(error: Omit<Extract<StartEvent, { event: "error" }>, "event">): void;
  /** Takes the progress line away, before something else is written to the terminal. */
  clear(): void;
};

/** One JSON object per line on the standard output. */
export function jsonReporter(): Reporter {
  const send = (event: StartEvent) => process.stdout.write(`${JSON.stringify(event)}\n`);
  return {
    progress: (progress) => send({ event: "progress", ...progress }),
    notice: (level, text) => send({ event: "notice", level, text }),
    ready: (status) => send({ event: "ready", status }),
    exited: (code) => send({ event: "exited", code }),
    error: (error) => send({ event: "error", ...error }),
    clear: () => undefined,
  };
}

/** Lines on the standard error; on a terminal, progress is one line that is written over. */
export function humanReporter(quiet: boolean): Reporter {
  const line = process.stderr.isTTY === true ? liveLine() : plainLines();
  const colour = palette(process.stderr);
  const say = (text: string) => {
    line.clear();
    process.stderr.write(`${text}\n`);
  };
  return {
    progress: (progress) => {
      if (!quiet) line.show(progress);
    },
    notice: (level, text) => {
      if (level === "warning") say(`${colour.caution("warning:")} ${printable(text)}`);
      else if (!quiet) say(printable(text));
    },
    ready: () => line.clear(),
    exited: () => line.clear(),
    error: ({ message, hint }) => {
      say(`${colour.bad("error:")} ${printable(message)}`);
      if (hint !== null) say(`       ${printable(hint)}`);
    },
    clear: line.clear,
  };
}

type Line = { show(progress: Progress): void; clear(): void };

function liveLine(): Line {
  const { faint } = palette(process.stderr);
  let shown = false;
  const clear = () => {
    if (shown) process.stderr.write("\r\u001b[K");
    shown = false;
  };
  return {
    clear,
    show: (progress) => {
      const width = Math.max(20, process.stderr.columns || 80) - 1;
      process.stderr.write(`\r\u001b[K${faint(progressText(progress).slice(0, width))}`);
      shown = true;
    },
  };
}

/** Without a terminal, every phase is told once: amounts would flood a log. */
function plainLines(): Line {
  let last = "";
  return {
    clear: () => undefined,
    show: ({ phase, text }) => {
      // Reading files takes no time that anybody would want to have explained.
      if (phase !== "config" && text !== last) process.stderr.write(`${printable(text)}…\n`);
      last = text;
    },
  };
}

export function progressText(progress: Progress): string {
  const { doneBytes, totalBytes } = progress;
  const text = printable(progress.text);
  if (doneBytes === null || totalBytes === null || totalBytes === 0) return `${text}…`;
  const percent = Math.min(100, Math.floor((100 * doneBytes) / totalBytes));
  const amount = `${mebibytes(doneBytes)} of ${mebibytes(totalBytes)} MiB, ${percent} %`;
  return `${text}… ${[amount, progressDetails(progress)].filter(Boolean).join(", ")}`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
