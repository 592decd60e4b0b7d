import assert from "node:assert/strict";
import { test } from "node:test";
import { warmOptions } from "#helper/cli/start/warm.ts";

test("warm start is on, with 2 GB for snapshots, unless the environment says otherwise", () => {
  assert.deepEqual(warmOptions({}), { enabled: true, maxBytes: 2 * 2 ** 30 });
  assert.deepEqual(warmOptions({ AIRLOCK_WARM: "off", AIRLOCK_WARM_MAX_SIZE: "512 MB" }), {
    enabled: false,
    maxBytes: 512 * 2 ** 20,
  });
});

test("a wrong wish is refused with its name", () => {
  assert.throws(() => warmOptions({ AIRLOCK_WARM: "maybe" }), /AIRLOCK_WARM=maybe/);
  assert.throws(() => warmOptions({ AIRLOCK_WARM_MAX_SIZE: "lots" }), /AIRLOCK_WARM_MAX_SIZE=lots/);
});
