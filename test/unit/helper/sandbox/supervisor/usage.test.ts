import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageMeter } from "#helper/sandbox/supervisor/usage.ts";

test("readings are shared by all subscribers and stop with the last", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let readings = 0;
  const meter = new UsageMeter(async () => ({ processes: ++readings }));
  const seen: string[] = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const leaveA = meter.subscribe(1000, ({ processes }) => seen.push(`a${processes}`));
  const leaveB = meter.subscribe(5000, ({ processes }) => seen.push(`b${processes}`));
  t.mock.timers.tick(0);
  await settle();
  leaveB();
  t.mock.timers.tick(1000);
  await settle();
  leaveA();
  t.mock.timers.tick(10_000);
  await settle();
  assert.deepEqual(seen, ["a1", "b1", "a2"]);
  assert.equal(readings, 2);
});

test("an interval of zero subscribes to nothing, and a failing reading is skipped", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const meter = new UsageMeter(() => Promise.reject(new Error("no guest")));
  meter.subscribe(0, () => assert.fail("not subscribed"));
  meter.subscribe(300, () => assert.fail("nothing was read"));
  t.mock.timers.tick(1);
  await new Promise((resolve) => setImmediate(resolve));
});
