import assert from "node:assert/strict";
import { test } from "node:test";
import { changedParts } from "#helper/sandbox/suspended/basis.ts";

const before = { "vm.cpus": "1", env: "a", QEMU: "q", "the kernel": "k" };

test("equal parts are no change", () => {
  assert.deepEqual(changedParts(before, { ...before }), { fatal: [], others: [] });
});

test("parts that a saved machine needs are told from those it can do without", () => {
  const now = { ...before, "vm.cpus": "2", QEMU: "r", mounts: "new" };
  assert.deepEqual(changedParts(before, now), { fatal: ["QEMU"], others: ["vm.cpus", "mounts"] });
});
