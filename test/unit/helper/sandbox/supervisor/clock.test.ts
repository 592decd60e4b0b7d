import assert from "node:assert/strict";
import { test } from "node:test";
import { hostClock, keepClock } from "#helper/sandbox/supervisor/clock.ts";

test("a time is whole seconds and the nanoseconds within", () => {
  assert.deepEqual(hostClock(1_700_000_000_250), { seconds: 1_700_000_000n, nanos: 250_000_000 });
});

test("the guest's clock is set every minute, and at once after the host has slept", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const now = { wallMs: 0, monotonicMs: 0 };
  let syncs = 0;
  const clocks = { wallMs: () => now.wallMs, monotonicMs: () => now.monotonicMs };
  const stop = keepClock(() => syncs++, clocks);
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 2_000) {
      now.wallMs += 2_000;
      now.monotonicMs += 2_000;
      t.mock.timers.tick(2_000);
    }
  };
  pass(58_000);
  assert.equal(syncs, 0);
  pass(2_000);
  assert.equal(syncs, 1);
  now.wallMs += 3_600_000;
  pass(2_000);
  assert.equal(syncs, 2);
  pass(58_000);
  assert.equal(syncs, 2);
  stop();
  pass(60_000);
  assert.equal(syncs, 2);
});
