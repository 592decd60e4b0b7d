import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { optionString } from "#core/machine/optionString.ts";

test("fields are joined, booleans are on and off, undefined is left out", () => {
  assert.equal(
    optionString("socket", { id: "a", server: true, wait: false, nr: 1, none: undefined }),
    "socket,id=a,server=on,wait=off,nr=1",
  );
});

test("a comma in a value never begins a new field", () => {
  const text = fc.string({ unit: fc.constantFrom(",", "=", " ", "a", "ü", "\n"), maxLength: 12 });
  fc.assert(
    fc.property(text, fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text), (head, fields) => {
      const parsed = parseLikeQemu(optionString(`x${head}`, fields));
      assert.deepEqual(parsed, [
        `x${head}`,
        ...Object.entries(fields).map(([k, v]) => `${k}=${v}`),
      ]);
    }),
  );
});

/** QEMU's rule: a comma ends a field unless it is followed by another one. */
function parseLikeQemu(option: string): string[] {
  const fields: string[] = [];
  let field = "";
  for (let at = 0; at < option.length; at++) {
    const isComma = option[at] === ",";
    if (isComma && option[at + 1] !== ",") {
      fields.push(field);
      field = "";
      continue;
    }
    if (isComma) at++;
    field += option[at];
  }
  return [...fields, field];
}
