import assert from "node:assert/strict";
import { test } from "node:test";
import { firstLine, placeIn } from "#extension/sandboxes/failureText.ts";

test("a message that begins with a place names it", () => {
  assert.deepEqual(placeIn("/my project/airlock.toml:3:8: error: cpus must be at least 1"), {
    path: "/my project/airlock.toml",
    line: 3,
    column: 8,
  });
});

test("the first of several places counts", () => {
  const message =
    "The configuration is invalid.\nairlock.toml:1:2: error: a\nairlock.toml:9:9: error: b";
  assert.deepEqual(placeIn(message), { path: "airlock.toml", line: 1, column: 2 });
});

test("a message without a place names none", () => {
  assert.equal(placeIn("QEMU was not found: install qemu-system-x86 10:30"), undefined);
});

test("the first line is what fits into a title", () => {
  assert.equal(firstLine("one\ntwo"), "one");
});
