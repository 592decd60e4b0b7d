// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { substitute } from "#core/config/substitute.ts";

const variables: Record<string, string> = {
  A: "a",
  B_1: "b",
  "9": "nine",
  EMPTY: "",
  DOLLAR: "$A",
};
const lookup = (name: string) => variables[name];

const expanded: [template: string, value: string][] = [
  ["", ""],
  ["plain", "plain"],
  ["$A", "a"],
  ["${A}", "a"],
  ["x$A/y", "xa/y"],
  ["$B_1.txt", "b.txt"],
  ["$9", "nine"],
  ["${9}x", "ninex"],
  ["$A$A", "aa"],
  ["prefix:${A}/suffix", "prefix:a/suffix"],
  ["${NONE:x}", "x"],
  ["${NONE:}", ""],
  ["${NONE:-x}", "-x"],
  ["${NONE:-}", "-"],
  ["${A:x}", "a"],
  ["${EMPTY:x}", ""],
  ["${NONE:${A}}", "a"],
  ["${NONE:${NONE2:y}}", "y"],
  ["${NONE:a{b}c}", "a{b}c"],
  ["${NONE:a\\}c}", "a}c"],
  ["${NONE:a\\{c}", "a{c"],
  ["${NONE:$A-${B_1}}", "a-b"],
  ["${NONE:x:y}", "x:y"],
  ["\\$A", "$A"],
  ["\\${A\\}", "${A}"],
  ["\\\\ \\{ \\} \\:", "\\ { } :"],
  ["{}:", "{}:"],
  ["a}b", "a}b"],
  ["$DOLLAR", "$A"],
  ["$Aé", "aé"],
];
for (const [template, value] of expanded) {
  test(`${JSON.stringify(template)} becomes ${JSON.stringify(value)}`, () => {
    assert.deepEqual(substitute(template, lookup), { value });
  });
}

const malformed: [template: string, offset: number, message: RegExp][] = [
  ["\\x", 0, /is no escape/],
  ["ab\\", 2, /backslash at the end/],
  ["$", 0, /followed by a name/],
  ["a$ b", 1, /followed by a name/],
  ["$-", 0, /followed by a name/],
  ["${", 1, /followed by a name/],
  ["${}", 1, /followed by a name/],
  ["${:x}", 1, /followed by a name/],
  ["x${A", 1, /`}` is missing/],
  ["${A:x", 0, /`}` is missing/],
  ["${A:{x}", 0, /`}` is missing/],
  ["${A-b}", 3, /`-` after the name `A`/],
  ["${A b}", 3, /` ` after the name `A`/],
  ["$NONE", 0, /No such variable: NONE/],
  ["a${NONE}", 1, /No such variable: NONE/],
  ["${NONE:${NONE2}}", 7, /No such variable: NONE2/],
];
for (const [template, offset, message] of malformed) {
  test(`${JSON.stringify(template)} is an error at ${offset}`, () => {
    const result = substitute(template, lookup);
    assert.ok("error" in result);
    assert.match(result.error, message);
    assert.equal(result.offset, offset);
  });
}

test("a malformed default is an error even when the variable is set", () => {
  assert.ok("error" in substitute("${A:$}", lookup));
});

test("a template nested without end is an error, not a crash", () => {
  const result = substitute("${X:".repeat(50_000), () => undefined);
  assert.ok("error" in result && /nested too deeply/.test(result.error));
});

test("property: an escaped text comes out as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const template = text.replace(/[\\${}:]/g, "\\$&");
      assert.deepEqual(substitute(template, lookup), { value: text });
    }),
  );
});

test("property: any text gives a value or an error inside the text", () => {
  const text = fc.string({ unit: fc.constantFrom("$", "{", "}", ":", "\\", "A", "-", "é") });
  fc.assert(
    fc.property(text, (template) => {
      const result = substitute(template, () => "v");
      if ("error" in result) assert.ok(result.offset >= 0 && result.offset < template.length);
    }),
    { numRuns: 2000 },
  );
});
