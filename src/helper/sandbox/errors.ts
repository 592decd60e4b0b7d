import { AirlockError } from "#shared/errors.ts";

export type SandboxErrorCode =
  | "no-directory"
  | "state-dir"
  | "unsafe-project"
  | "running"
  | "not-running"
  | "stale-socket"
  | "lock"
  | "disk-shrink"
  | "disk"
  | "boot-files"
  | "nested"
  | "env"
  | "image-changed"
  | "init-failed"
  | "cancelled"
  | "suspended-changed"
  | "suspended-unusable"
  | "resume-failed"
  | "suspend-failed"
  | "in-use"
  | "machine-ended"
  | "link-lost"
  | "supervisor";

/** What can go wrong with the life of a sandbox. */
export class SandboxError extends AirlockError<SandboxErrorCode> {}

export function cancelled(): SandboxError {
  return new SandboxError("cancelled", "The start was cancelled.");
}

export function alreadyRunning(): SandboxError {
  return new SandboxError("running", "The sandbox of this directory is already running.", {
    hint: "Run commands in it with `airlock exec`, or stop it with `airlock stop`.",
  });
}

/** The message of anything that was thrown; ours already say what their cause is. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message;
}
