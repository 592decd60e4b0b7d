import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { merge } from "#core/config/merge.ts";

test("tables merge key by key and lists are joined, base first", () => {
  const base = { network: { X: ["a"] } };
  const overlay = { network: { X: ["b"], Y: ["c"] } };
  assert.deepEqual(merge(base, overlay), { network: { X: ["a", "b"], Y: ["c"] } });
});

test("null never overwrites, at any depth", () => {
  assert.deepEqual(merge({ cpus: 2 }, { cpus: null }), { cpus: 2 });
  assert.deepEqual(merge({ n: { hosts: ["a"] } }, { n: { hosts: null } }), { n: { hosts: ["a"] } });
  assert.deepEqual(merge({ n: { m: { k: 1 } } }, { n: null }), { n: { m: { k: 1 } } });
});

test("a null without anything below it stays null", () => {
  assert.deepEqual(merge({}, { a: null }), { a: null });
});

test("a value replaces a null, and a scalar replaces a scalar", () => {
  assert.deepEqual(merge({ a: null }, { a: { b: 1 } }), { a: { b: 1 } });
  assert.deepEqual(merge({ cpus: 2 }, { cpus: 8 }), { cpus: 8 });
});

test("differing types: the overlay replaces", () => {
  assert.deepEqual(merge({ a: [1] }, { a: { b: 1 } }), { a: { b: 1 } });
  assert.deepEqual(merge({ a: { b: 1 } }, { a: [1] }), { a: [1] });
  assert.deepEqual(merge({ a: "x" }, { a: { b: 1 } }), { a: { b: 1 } });
  assert.deepEqual(merge({ a: { b: 1 } }, { a: "x" }), { a: "x" });
});

test("lists keep duplicates, and null elements", () => {
  assert.deepEqual(merge(["a"], ["a", null]), ["a", "a", null]);
});

test("inputs are left as they were", () => {
  const base = { a: { b: [1] } };
  const overlay = { a: { b: [2], c: 3 } };
  merge(base, overlay);
  assert.deepEqual([base, overlay], [{ a: { b: [1] } }, { a: { b: [2], c: 3 } }]);
});

const key = fc.constantFrom("a", "b", "c", "d");
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 1, "x", true),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const anyTable = fc.dictionary(key, anyValue, { maxKeys: 4, noNullPrototype: true });

test("property: an empty table on either side changes nothing", () => {
  fc.assert(
    fc.property(anyTable, (table) => {
      assert.deepEqual(merge(table, {}), table);
      assert.deepEqual(merge({}, table), table);
    }),
  );
});

test("property: the result is what the rule says, value by value", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (base, overlay) => {
      assert.deepEqual(merge(base, overlay), expected(base, overlay));
    }),
    { numRuns: 1000 },
  );
});

test("property: merging is associative for tables", () => {
  fc.assert(
    fc.property(numbersAndLists(), numbersAndLists(), numbersAndLists(), (a, b, c) => {
      assert.deepEqual(merge(merge(a, b), c), merge(a, merge(b, c)));
    }),
  );
});

/** Tables in which a key always has the same type, as it has in files of one schema. */
function numbersAndLists() {
  return fc.record(
    {
      a: fc.integer(),
      l: fc.array(fc.integer()),
      t: fc.dictionary(key, fc.integer(), { noNullPrototype: true }),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
}

/** The rule once more, written as the table of the specification. */
function expected(base: unknown, overlay: unknown): unknown {
  if (overlay === null) return base;
  if (Array.isArray(base) && Array.isArray(overlay)) return [...base, ...overlay];
  if (!isTable(base) || !isTable(overlay)) return overlay;
  const keys = new Set([...Object.keys(base), ...Object.keys(overlay)]);
  return Object.fromEntries(
    [...keys].map((k) => {
      if (!(k in overlay)) return [k, base[k]];
      return [k, k in base ? expected(base[k], overlay[k]) : overlay[k]];
    }),
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
