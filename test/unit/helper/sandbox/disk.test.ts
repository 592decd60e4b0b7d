import assert from "node:assert/strict";
import { test } from "node:test";
import { diskBytes } from "#helper/sandbox/disk.ts";

test("a disk has whole sectors, and 10 GiB for zero", () => {
  assert.equal(diskBytes(0), 10 * 2 ** 30);
  assert.equal(diskBytes(1), 512);
  assert.equal(diskBytes(512), 512);
  assert.equal(diskBytes(1_000_000), 1_000_448);
});
