import { setTimeout as delay } from "node:timers/promises";
import { type RetryRule, retryDelayMs } from "#core/oci/registry/retry.ts";
import { ImageError } from "../errors.ts";

/** Repeats what a broken connection or a busy server made fail. */
export async function withRetries<T>(
  rule: RetryRule,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = isTransient(error)
        ? retryDelayMs(rule, failed, { random: Math.random(), retryAfterMs: retryAfterOf(error) })
        : undefined;
      if (waitMs === undefined) throw error;
      await delay(waitMs, undefined, { signal });
    }
  }
}

/** How long a server asked to wait; carried by the error, because only this file looks at it. */
const retryAfter = new WeakMap<object, number>();

export function afterWait(error: ImageError, retryAfterMs: number | undefined): ImageError {
  if (retryAfterMs !== undefined) retryAfter.set(error, retryAfterMs);
  return error;
}

export function retryAfterOf(error: unknown): number | undefined {
  return error instanceof ImageError ? retryAfter.get(error) : undefined;
}

export function isTransient(error: unknown): boolean {
  return error instanceof ImageError && (error.code === "network" || error.code === "rate-limit");
}
