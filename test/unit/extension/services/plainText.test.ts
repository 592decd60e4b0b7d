import assert from "node:assert/strict";
import { test } from "node:test";
import { plainText } from "#extension/services/plainText.ts";

test("what a notification would make a link of stays text", () => {
  const link = /\[[^\]]+\]\([^)\s]+\)/;
  assert.match("[image](command:workbench.action.quit)", link);
  assert.doesNotMatch(plainText("no image [image](command:workbench.action.quit)"), link);
});

test("other brackets stay as they are", () => {
  assert.equal(plainText("a[0] (b)"), "a[0] (b)");
});
