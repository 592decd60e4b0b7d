import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { luaTokens } from "#core/language/lua/lexer.ts";
import { scriptTokens } from "#core/language/lua/scripts.ts";
import { languageContext } from "#test/support/language.ts";

function words(text: string): string[] {
  return luaTokens(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

test("words of a script have their kinds", () => {
  assert.deepEqual(words("local t = req.headers['x'] -- why\nreturn t"), [
    ...["keyword local", "variable t", "variable req", "property headers", "string 'x'"],
    ...["comment -- why", "keyword return", "variable t"],
  ]);
  assert.deepEqual(words("function a.b:c(x) end"), [
    ...["keyword function", "variable a", "property b", "function c", "variable x", "keyword end"],
  ]);
  assert.deepEqual(words('req:set_header("A", env.T .. "\\"")'), [
    ...["variable req", "function set_header", 'string "A"', "variable env", "property T"],
    'string "\\""',
  ]);
  assert.deepEqual(words('print "x" goto done ::done:: a..b'), [
    ...["function print", 'string "x"', "keyword goto", "variable done", "variable done"],
    ...["variable a", "variable b"],
  ]);
});

test("numbers, long strings and long comments", () => {
  assert.deepEqual(words("0x1F.8p-3 1e10 .5 3..2"), [
    ...["number 0x1F.8p-3", "number 1e10", "number .5", "number 3.", "number .2"],
  ]);
  assert.deepEqual(words("[==[ a ]] \n]==] --[[ b\n ]] c"), [
    ...["string [==[ a ]] \n]==]", "comment --[[ b\n ]]", "variable c"],
  ]);
  assert.deepEqual(words('"a\\z\n  b" \'open\nx'), [
    'string "a\\z\n  b"',
    "string 'open",
    "variable x",
  ]);
});

test("any text is taken apart, in order and in no time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      let last = 0;
      for (const { start, end } of luaTokens(text)) {
        assert.ok(start >= last && end > start && end <= text.length);
        last = end;
      }
    }),
  );
  for (const piece of ["[[", "--[", '"\\', "function ", "a.b:", "\\z", "1.", "(", "[=["]) {
    const startedAt = performance.now();
    luaTokens(piece.repeat(20_000));
    assert.ok(performance.now() - startedAt < 5000, piece);
  }
});

/** The words of the scripts in a document, each as it is written there. */
function inDocument(path: string, text: string): string[] {
  return scriptTokens(languageContext(path, text)).map(
    ({ kind, span }) => `${kind} ${text.slice(span.start, span.end)}`,
  );
}

test("scripts are found in every kind of string of every format", () => {
  const expected = ["keyword local", "variable x", 'string "a"', "comment -- end"];
  const key = "[network.middleware.m]\ntarget = ['*']\nscript = ";
  assert.deepEqual(inDocument("airlock.toml", `${key}'''\nlocal x = "a"\n-- end\n'''\n`), expected);
  const yaml = (script: string) =>
    `network:\n  middleware:\n    m:\n      target: ["*"]\n      script: ${script}\n`;
  assert.deepEqual(
    inDocument("airlock.yaml", yaml('|\n        local x = "a"\n        -- end')),
    expected,
  );
  assert.deepEqual(inDocument("airlock.yaml", yaml("'local x = \"a\" -- end'")), expected);
  const escaped = ["keyword local", "variable x", 'string \\"a\\"', "comment -- end"];
  const inline = '"local x = \\"a\\"\\n-- end"';
  assert.deepEqual(inDocument("airlock.toml", `${key}${inline}\n`), escaped);
  assert.deepEqual(
    inDocument("airlock.toml", `${key}"""\nlocal x = \\"a\\"\n-- end"""\n`),
    escaped,
  );
  const json = `{"network": {"middleware": {"m": {"target": [], "script": ${inline}}}}}`;
  assert.deepEqual(inDocument("airlock.json", json), escaped);
});

test("words over several lines are one piece for each line, without the document's indentation", () => {
  const yaml =
    "network:\n  middleware:\n    m:\n      script: |\n        --[[ one\n          two ]] x\n";
  assert.deepEqual(inDocument("airlock.yaml", yaml), [
    ...["comment --[[ one", "comment   two ]]", "variable x"],
  ]);
});

test("other texts have no colours", () => {
  assert.deepEqual(
    inDocument("airlock.toml", "env.A = 'local x = 1'\n[mounts.m]\nsource='end'\n"),
    [],
  );
});
