import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap } from "#core/config/checks/overlaps.ts";
import { parseTarget } from "#core/config/fields/targets.ts";
import { lines, load } from "#test/support/configs.ts";

/** As in the catalogue of tested behaviour, C1 to C15. */
const cases: [id: string, a: string, b: string, meet: boolean][] = [
  ["C1", "a.example", "a.example", true],
  ["C1", "a.example", "b.example", false],
  ["C2", "localhost", "127.0.0.1", true],
  ["C2", "localhost", "::1", true],
  ["C2", "127.0.0.1", "::1", true],
  ["C3", "*", "a.example", true],
  ["C3", "*", "*.foo", true],
  ["C3", "*", "*", true],
  ["C4", "*.example.com", "api.example.com", true],
  ["C4", "*.example.com", "example.com", false],
  ["C4", "*.example.com", "a.b.example.com", false],
  ["C5", "*.example.com", "example.org", false],
  ["C5", "*.example.com", "xample.com", false],
  ["C6", "*.example.com", "*.prod.example.com", false],
  ["C6", "*.example.com", "*.foo.com", false],
  ["C6", "*.example.com", "*.example.com", true],
  ["C6", "*.example.com", "*", true],
  ["C7", "a.example", "a.example:443", true],
  ["C8", "a.example:80", "a.example:443", false],
  ["C8", "*.a.example:80", "b.a.example:443", false],
  ["C9", "db.example:5432", "api.example", false],
  ["C11", "*.example.com", "api.example.com:443", true],
  ["C13", "*.example.com", "*.prod.example.com:443", false],
  ["C14", "*.internal", "*.example.com", false],
  ["C15", "api.example:5432", "api.example:443", false],
  ["any depth, itself", "**.example.com", "example.com", true],
  ["any depth, far below", "**.example.com", "a.b.example.com", true],
  ["any depth, beside", "**.example.com", "xexample.com", false],
  ["any depth, one label below", "**.example.com", "*.prod.example.com", true],
  ["any depth, one label above", "**.example.com", "*.com", true],
  ["any depth, elsewhere", "**.example.com", "*.org", false],
  ["any depth, both", "**.example.com", "**.prod.example.com", true],
  ["any depth, both elsewhere", "**.a.example.com", "**.b.example.com", false],
  ["other spellings", "B\u00dcCHER.example.", "xn--bcher-kva.example", true],
];
for (const [id, a, b, meet] of cases) {
  test(`${id}: ${a} and ${b} ${meet ? "overlap" : "do not overlap"}`, () => {
    const [x, y] = [parseTarget(a), parseTarget(b)];
    assert.ok(!("error" in x) && !("error" in y));
    assert.deepEqual([overlap(x, y), overlap(y, x)], [meet, meet]);
  });
}

const rule = (enabled: boolean, passthrough: boolean) =>
  `[network.rules.db]\nenabled = ${enabled}\npassthrough = ${passthrough}\nallow = ["db.example", "*.api.example"]\n`;
const middleware = (enabled: boolean) =>
  `[network.middleware.auth]\nenabled = ${enabled}\nscript = ""\ntarget = ["x.api.example:443", "y.api.example"]\n`;

test("middleware for what is passed through is an error that names all pairs, each with its place", () => {
  const result = load({
    "~/.airlock.toml": rule(true, true),
    "airlock.toml": middleware(true),
  });
  assert.deepEqual(lines(result), [
    "~/.airlock.toml:4:24: error: `network.rules.db.allow[1]`: `*.api.example` is passed through unseen, but middleware wants to see its requests: `network.middleware.auth.target[0]` (`x.api.example:443`, airlock.toml:4:11), `network.middleware.auth.target[1]` (`y.api.example`, airlock.toml:4:32)",
  ]);
  assert.deepEqual(
    result.diagnostics[0]?.related?.map(({ path, range }) => [path, range.start.column]),
    [
      ["airlock.toml", 11],
      ["airlock.toml", 32],
    ],
  );
  assert.equal(result.config, undefined);
});

test("only enabled entries, and only rules that pass through, take part (R2 to R4)", () => {
  for (const text of [
    rule(false, true) + middleware(true),
    rule(true, false) + middleware(true),
    rule(true, true) + middleware(false),
  ]) {
    assert.deepEqual(lines(load({ "airlock.toml": text })), []);
  }
});
