import type { Logger } from "#shared/log.ts";

/** Lets something go on by itself that nobody waits for; when it fails, the log says so. */
export function inBackground(
  what: string,
  work: PromiseLike<unknown>,
  logger: Pick<Logger, "error">,
): void {
  work.then(undefined, (error: unknown) => logger.error(`${what}: ${error}`));
}
