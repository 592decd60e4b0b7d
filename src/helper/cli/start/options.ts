import type { LogLevel } from "#shared/log.ts";
import { isLogLevel, logLevels } from "#shared/log.ts";
import { usageError } from "../errors.ts";
import { sandboxCwd } from "./guestPath.ts";

/** The options of `start` as commander delivers them. */
export type StartFlags = {
  detach?: boolean;
  yes?: boolean;
  keepImage?: boolean;
  approve?: string;
  recreate?: boolean;
  resume?: boolean;
  discardSuspended?: boolean;
  suspendOnClose?: boolean;
  suspendIdle?: string;
  credentialsStdin?: boolean;
  json?: boolean;
  login?: boolean;
  sandboxCwd?: string;
  logLevel?: string;
  verbose?: boolean;
  quiet?: boolean;
};

export type StartOptions = {
  detach: boolean;
  yes: boolean;
  /** Go on with the old image when it has changed. */
  keepImage: boolean;
  /** Digest of the privileged part that is agreed to. */
  approve: string | undefined;
  /** Agrees to a new root file system when the image has changed. */
  recreate: boolean;
  /** Go on with a suspended sandbox although something has changed. */
  resume: boolean;
  /** End what is suspended and start fresh. */
  discardSuspended: boolean;
  /** When the sandbox suspends itself. */
  suspend: { onWindowClose: boolean; idleMinutes: number };
  /** A sign-in for the image's registry comes over the standard input. */
  credentialsStdin: boolean;
  json: boolean;
  login: boolean;
  /** Where the guest sees the project, when not at its own path. */
  sandboxCwd: string | undefined;
  logLevel: LogLevel;
  verbose: boolean;
  quiet: boolean;
  /** The command after `--`. */
  command: readonly string[] | undefined;
};

export function startOptions(
  flags: StartFlags,
  command: readonly string[] | undefined,
  env: NodeJS.ProcessEnv,
): StartOptions {
  refuseContradictions(flags, command);
  return {
    detach: flags.detach ?? false,
    yes: flags.yes ?? false,
    keepImage: flags.keepImage ?? false,
    approve: flags.approve === undefined ? undefined : digest(flags.approve),
    recreate: flags.recreate ?? false,
    ...suspendOptions(flags),
    credentialsStdin: flags.credentialsStdin ?? false,
    json: flags.json ?? false,
    login: flags.login ?? false,
    sandboxCwd: flags.sandboxCwd === undefined ? undefined : sandboxCwd(flags.sandboxCwd),
    logLevel: logLevel(flags.logLevel ?? env.AIRLOCK_LOG_LEVEL ?? "info"),
    verbose: flags.verbose ?? false,
    quiet: flags.quiet ?? false,
    command,
  };
}

function refuseContradictions(flags: StartFlags, command: readonly string[] | undefined): void {
  if (flags.detach && command !== undefined) {
    throw usageError(
      "--detach starts the sandbox only, it runs no command.",
      "Run the command with `airlock exec` afterwards.",
    );
  }
  if (flags.credentialsStdin && !flags.detach) {
    throw usageError(
      "--credentials-stdin needs --detach: else the standard input belongs to the command.",
    );
  }
  if (command?.length === 0) throw usageError("No command follows `--`.");
}

function digest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw usageError(
    `--approve ${text} is no digest.`,
    "`airlock config approve --print` shows it, as sha256:…",
  );
}

function suspendOptions({
  resume = false,
  discardSuspended = false,
  suspendOnClose = false,
  suspendIdle = "0",
}: StartFlags): Pick<StartOptions, "resume" | "discardSuspended" | "suspend"> {
  if (resume && discardSuspended) {
    throw usageError("--resume and --discard-suspended exclude each other.");
  }
  const suspend = { onWindowClose: suspendOnClose, idleMinutes: minutes(suspendIdle) };
  return { resume, discardSuspended, suspend };
}

function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw usageError(`--suspend-idle ${text} is no number of minutes.`);
}

function logLevel(text: string): LogLevel {
  if (isLogLevel(text)) return text;
  throw usageError(`The log level ${text} is unknown.`, `Use one of ${logLevels.join(", ")}.`);
}
