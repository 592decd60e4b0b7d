import { AirlockError, type AirlockErrorOptions } from "#shared/errors.ts";

export type CliErrorCode =
  | "usage"
  | "no-config"
  | "config"
  | "no-terminal"
  | "no-sandbox"
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

export function interrupted(): CliError {
  return new CliError("interrupted", "Interrupted.", { exitCode: 130 });
}

/** Exit codes that errors of other tiers stand for; every other one is a general failure. */
const exitCodes: Record<string, number> = {
  cancelled: 130,
  "init-failed": 100,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof AirlockError) return exitCodes[error.code] ?? 1;
  return 1;
}
