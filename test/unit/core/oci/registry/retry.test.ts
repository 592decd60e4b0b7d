import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defaultRetryRule,
  isTransientStatus,
  parseRetryAfter,
  retryDelayMs,
} from "#core/oci/registry/retry.ts";

const waits = (random: number) =>
  [1, 2, 3, 4].map((failed) => retryDelayMs(defaultRetryRule, failed, { random }));

test("waits double, are spread by chance, and end", () => {
  assert.deepEqual(waits(1), [500, 1000, 2000, undefined]);
  assert.deepEqual(waits(0), [250, 500, 1000, undefined]);
});

test("a server's own wish counts, within reason", () => {
  const wait = (retryAfterMs: number) =>
    retryDelayMs(defaultRetryRule, 1, { random: 1, retryAfterMs });
  assert.deepEqual([wait(0), wait(5_000), wait(60_000)], [500, 5_000, undefined]);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(parseRetryAfter("120", now), 120_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:10 GMT", now), 10_000);
  assert.equal(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", now), 0);
  assert.equal(parseRetryAfter("soon", now), undefined);
  assert.equal(parseRetryAfter(undefined, now), undefined);
});

test("busy and broken servers may recover, refusals stay", () => {
  for (const status of [408, 429, 500, 502, 503, 504]) assert.ok(isTransientStatus(status));
  for (const status of [400, 401, 403, 404, 416, 501, 505]) assert.ok(!isTransientStatus(status));
});
