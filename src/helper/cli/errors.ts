import { AirlockError, type AirlockErrorOptions } from "#shared/errors.ts";
import type { ApprovalRequest, SignInRequest } from "#shared/protocol/status.ts";

export type CliErrorCode =
  | "usage"
  | "no-config"
  | "config"
  | "no-terminal"
  | "no-sandbox"
  | "approval-required"
  | "sign-in-required"
  | "interrupted";

/** What the command line itself finds wrong; it knows its exit code. */
export class CliError extends AirlockError<CliErrorCode> {
  readonly exitCode: number;

  constructor(
    code: CliErrorCode,
    message: string,
    options: AirlockErrorOptions & { exitCode: number },
  ) {
    super(code, message, options);
    this.exitCode = options.exitCode;
  }
}

export function usageError(message: string, hint?: string): CliError {
  return new CliError("usage", message, { exitCode: 2, hint });
}

const approvalRequiredExitCode = 3;

/** A start that nobody could be asked about; it carries the question. */
export class ApprovalRequiredError extends CliError {
  readonly approval: ApprovalRequest;

  constructor(approval: ApprovalRequest) {
    const message = `The configuration reaches beyond the sandbox in a way that has not been approved:\n${approval.diff.trimEnd()}`;
    const hint =
      "Review it with `airlock config approve`, or agree with `airlock start --yes`; scripts can pin what they agree to with `--approve`.";
    super("approval-required", message, { exitCode: approvalRequiredExitCode, hint });
    this.approval = approval;
  }
}

/** A registry wants to know who pulls, and nobody could be asked; it carries the question. */
export class SignInRequiredError extends CliError {
  readonly signIn: SignInRequest;

  constructor(signIn: SignInRequest) {
    const { host, reason } = signIn;
    const hint = `Sign in with \`docker login ${host}\`, start from a terminal to be asked, or give --credentials-stdin; check the image's name, too: registries do not tell strangers what they have.`;
    super("sign-in-required", reason, { exitCode: 1, hint });
    this.signIn = signIn;
  }
}

export function interrupted(): CliError {
  return new CliError("interrupted", "Interrupted.", { exitCode: 130 });
}

/** Exit codes that errors of other tiers stand for; every other one is a general failure. */
const exitCodes: Record<string, number> = {
  cancelled: 130,
  "init-failed": 100,
  "suspended-changed": 3,
  "suspended-unusable": 3,
  suspended: 129,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof AirlockError) return exitCodes[error.code] ?? 1;
  return 1;
}
