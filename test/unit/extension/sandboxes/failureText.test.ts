import assert from "node:assert/strict";
import { test } from "node:test";
import { headline, placeIn } from "#extension/sandboxes/failureText.ts";

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

test("a list of problems is told by its first, from the folder's point of view", () => {
  const message =
    "Config error:\n/p/airlock.toml:3:6: error: `vm.cpus`: too few\n/p/x.toml:1:1: error: b";
  assert.equal(headline(message, "/p"), "airlock.toml:3:6: `vm.cpus`: too few (and 1 more)");
});

test("any other message is told by its first line", () => {
  assert.equal(headline("one\ntwo", "/p"), "one");
  assert.equal(headline("QEMU said:", "/p"), "QEMU said:");
});
