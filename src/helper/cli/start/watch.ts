import { SandboxError, type SandboxErrorCode } from "#helper/sandbox/errors.ts";
import type { LaunchedSupervisor } from "#helper/sandbox/launch.ts";
import type { ProgressNote } from "#helper/sandbox/supervisor/board.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import type { Progress, Reporter } from "./reporter.ts";
import { suspendedHints } from "./suspended.ts";

/** What a front process follows its sandbox by. */
export type SandboxWatch = {
  /** Settles when the sandbox runs, with its status, or rejects with why it does not. */
  ready: Promise<SandboxStatus>;
  /** Settles when the stream has ended, with the last status. */
  ended: Promise<SandboxStatus | undefined>;
};

export type WatchOptions = {
  reporter: Reporter;
  /** What a supervisor has left that ended before it could say anything. */
  lastWord: () => Promise<SandboxStatus | undefined>;
};

export function watchSandbox(
  supervisor: LaunchedSupervisor,
  { reporter, lastWord }: WatchOptions,
): SandboxWatch {
  let isReady: (status: SandboxStatus) => void = () => undefined;
  let isNotReady: (error: SandboxError) => void = () => undefined;
  const ready = new Promise<SandboxStatus>((resolve, reject) => {
    isReady = resolve;
    isNotReady = reject;
  });
  // An end after the start is told by `ended`; nobody waits here then.
  ready.catch(() => undefined);
  const follow = async () => {
    let last: SandboxStatus | undefined;
    for await (const event of supervisor.events()) {
      if (event.kind === "progress") {
        reporter.progress(progressOf(event.progress));
        continue;
      }
      last = event.status;
      if (last.status === "running") isReady(last);
    }
    return last;
  };
  const ended = follow()
    .catch(() => undefined)
    .then(async (last) => last ?? failed(await lastWord()));
  void ended.then((last) => isNotReady(failureOf(last)));
  return { ready, ended };
}

/** Only a failure counts: anything else in the record of a supervisor that has gone is not true any more. */
function failed(status: SandboxStatus | undefined): SandboxStatus | undefined {
  return status?.failure ? status : undefined;
}

function progressOf({ phase, text, doneBytes, totalBytes }: ProgressNote): Progress {
  const amount = totalBytes > 0;
  return {
    phase,
    text,
    doneBytes: amount ? doneBytes : null,
    totalBytes: amount ? totalBytes : null,
  };
}

export function failureOf(status: SandboxStatus | undefined): SandboxError {
  if (status?.failure) {
    const { code } = status.failure;
    return new SandboxError(status.failure.code as SandboxErrorCode, status.failure.message, {
      hint: suspendedHints[code] ?? "`airlock logs` shows more.",
    });
  }
  if (status?.status === "suspended") {
    return new SandboxError("cancelled", "The sandbox was suspended.");
  }
  if (status?.status === "stopped")
    return new SandboxError("cancelled", "The sandbox was stopped.");
  return new SandboxError("supervisor", "The supervisor of the sandbox ended unexpectedly.", {
    hint: "`airlock logs` shows more.",
  });
}
