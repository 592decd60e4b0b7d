import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePrune, pruneOutcome, pruneQuestion } from "#extension/images/pruneText.ts";

const image = { name: "node:24", digest: "sha256:aa", sizeBytes: 3 * 2 ** 20 };

describe("a prune of images", () => {
  test("is asked about with what it deletes", () => {
    const { message, detail } = pruneQuestion({ removed: [image], freedBytes: 2 ** 22 });
    assert.equal(message, "Delete 1 image that no project uses, and free 4 MiB?");
    assert.equal(detail, "node:24, 3 MiB\n\nA start that needs one of them again pulls it again.");
  });

  test("names as many as can be read without scrolling", () => {
    const { detail } = pruneQuestion({ removed: Array(12).fill(image), freedBytes: 1 });
    assert.equal(detail.split("\n").filter((line) => line.startsWith("node:24")).length, 10);
    assert.match(detail, /^… and 2 more$/m);
  });

  test("says what it did", () => {
    const done = pruneOutcome({ removed: [image, image], freedBytes: 2 ** 22 });
    assert.equal(done, "2 images deleted, 4 MiB freed.");
  });

  test("is read from what the program prints, or from nothing else", () => {
    const printed = { removed: [{ ...image, usedBy: [] }], freedBytes: 1 };
    assert.deepEqual(parsePrune(JSON.stringify(printed)), { removed: [image], freedBytes: 1 });
    assert.equal(parsePrune("{}"), undefined);
    assert.equal(parsePrune("oops"), undefined);
  });
});
