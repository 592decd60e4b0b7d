import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostClock, hostTimeZone, keepClock } from "#helper/sandbox/supervisor/clock.ts";
import { tempTree } from "../../../../support/tempTree.ts";

test("a time is whole seconds and the nanoseconds within", () => {
  assert.deepEqual(hostClock(1_700_000_000_250), { seconds: 1_700_000_000n, nanos: 250_000_000 });
});

test("the host's time zone is what its link names, else what Node knows", async (t) => {
  const dir = tempTree(t, {});
  const link = (target: string) => {
    const path = join(dir, target.replaceAll("/", "-"));
    symlinkSync(target, path);
    return path;
  };
  const known = Intl.DateTimeFormat().resolvedOptions().timeZone;
  assert.equal(await hostTimeZone("", link("/usr/share/zoneinfo/Asia/Tokyo")), "Asia/Tokyo");
  assert.equal(await hostTimeZone("", link("../var/db/timezone/zoneinfo/Etc/UTC")), "Etc/UTC");
  assert.equal(await hostTimeZone("", link("/etc/elsewhere")), known);
  assert.equal(await hostTimeZone("", join(dir, "missing")), known);
  assert.equal(await hostTimeZone(known, link("/usr/share/zoneinfo/Asia/Dili")), known);
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
