import { AirlockError } from "#shared/errors.ts";
import type { Logger } from "#shared/log.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { messageOf } from "../errors.ts";

/** A failure as everybody sees it; the log has more of one that nobody foresaw. */
export function noteFailure(error: unknown, log: Logger): SandboxStatus["failure"] {
  const code = error instanceof AirlockError ? error.code : "supervisor";
  const message = messageOf(error);
  log.error(message);
  if (code === "supervisor" && error instanceof Error) log.error(error.stack ?? "");
  return { code, message };
}
