import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeEnv } from "#helper/sandbox/environment.ts";

test("an override removes the entry of its name and is appended", () => {
  const merged = mergeEnv(["PATH=/bin", "HOME=/root", "TERM=x"], ["HOME=/tmp", "NEW=1"]);
  assert.deepEqual(merged, ["PATH=/bin", "TERM=x", "HOME=/tmp", "NEW=1"]);
});

test("words without `=` are ignored", () => {
  assert.deepEqual(mergeEnv(["A=1"], ["malformed", "B=2"]), ["A=1", "B=2"]);
});

test("a name that only begins like another is left alone", () => {
  assert.deepEqual(mergeEnv(["AB=1", "A=1"], ["A=2=3"]), ["AB=1", "A=2=3"]);
});
