import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes, sortedEntries } from "#core/config/names/order.ts";

test("entries come in byte order, also names that JavaScript would put first", () => {
  const map = { b: 1, 10: 2, 9: 3, a: 4 };
  assert.deepEqual(
    sortedEntries(map).map(([name]) => name),
    ["10", "9", "a", "b"],
  );
});

test("property: names compare as their UTF-8 bytes do", () => {
  const name = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(name, name, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareBytes(a, b)), Math.sign(bytes));
    }),
  );
});
