/** How often and how patiently a request is repeated. */
export type RetryRule = {
  /** Requests in all, the first one included. */
  readonly attempts: number;
  /** Wait before the second request; it doubles from there. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** A server that asks for a longer wait than this is not waited for. */
  readonly maxRetryAfterMs: number;
};

export const defaultRetryRule: RetryRule = {
  attempts: 4,
  baseMs: 500,
  maxMs: 10_000,
  maxRetryAfterMs: 30_000,
};

/**
 * The wait after `failed` requests, or undefined when there is to be no other one. `random` (from 0 to
 * 1) spreads the clients of a server that has just come back.
 */
export function retryDelayMs(
  rule: RetryRule,
  failed: number,
  { random, retryAfterMs }: { random: number; retryAfterMs?: number | undefined },
): number | undefined {
  if (failed >= rule.attempts) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > rule.maxRetryAfterMs) return undefined;
  const full = Math.min(rule.maxMs, rule.baseMs * 2 ** (failed - 1));
  return Math.max(retryAfterMs ?? 0, full * (0.5 + random / 2));
}

/** `Retry-After`: seconds, or a date. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** Whether the same request may succeed a little later. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}
