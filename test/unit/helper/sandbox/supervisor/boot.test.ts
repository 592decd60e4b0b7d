import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { bounded } from "#helper/machine/state/save.ts";
import { boundedMeasures } from "#helper/sandbox/supervisor/boot.ts";

test("what a guest says of its measures is cut to a bearable size", () => {
  const long = { id: "i".repeat(9_999), on: true, detail: "d".repeat(99_999) };
  const kept = boundedMeasures(Array(1_000).fill(long));
  assert.ok(kept.length === 32 && JSON.stringify(kept[0]).length < 1_100);
  const honest = { id: "no-new-privs", on: false, detail: "why" };
  assert.deepEqual(boundedMeasures([honest]), [honest]);
});

test("a machine's state is read up to a limit", async () => {
  const stream = () => Readable.from([Buffer.from("ab"), Buffer.from("cd")]);
  assert.equal(String(await bounded(stream(), 4)), "abcd");
  await assert.rejects(bounded(stream(), 3), { code: "save-failed" });
});
