// Lists of tables that former versions had, as the named tables of today.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdits } from "#core/language/fixes/edits.ts";
import { fixesFor } from "#core/language/fixes/fixes.ts";
import { load } from "#test/support/configs.ts";
import { languageContext } from "#test/support/language.ts";

/** The text with the fix of this title for the problem with this code and key. */
function mended(path: string, text: string, code: string, title: string): string {
  const context = languageContext(path, text);
  const found = context.result?.diagnostics.find((each) => each.code === code);
  assert.ok(found, JSON.stringify(context.result?.diagnostics));
  const fix = fixesFor(context, { ...found, span: { start: 0, end: 0 } }).find(
    (each) => each.title === title,
  );
  assert.ok(fix, title);
  const changed = applyEdits(text, fix.edits);
  assert.deepEqual(load({ [path]: changed }).diagnostics, [], changed);
  return changed;
}

const name = "Give each of `network.rules` a name";

test("headers of a list get names, with the tables below them", () => {
  const text =
    '[[network.rules]]\nallow = ["a.example"] # a\n\n[[ network.rules ]] # two\ndeny = ["b.example"]\n[vm]\ncpus = 1\n';
  assert.equal(
    mended("airlock.toml", text, "type", name),
    '[network.rules.rule-1]\nallow = ["a.example"] # a\n\n[network.rules.rule-2] # two\ndeny = ["b.example"]\n[vm]\ncpus = 1\n',
  );
  const daemons = '[[daemons]]\ncommand = ["x"]\n[daemons.env]\nA = "1"\n';
  assert.equal(
    mended("airlock.toml", daemons, "type", "Give each of `daemons` a name"),
    '[daemons.daemon-1]\ncommand = ["x"]\n[daemons.daemon-1.env]\nA = "1"\n',
  );
});

test("lists in brackets get names", () => {
  assert.equal(
    mended("airlock.toml", 'network.rules = [{ allow = ["a.example"] }, {}]\n', "type", name),
    'network.rules = { rule-1 = { allow = ["a.example"] }, rule-2 = {} }\n',
  );
  assert.deepEqual(
    JSON.parse(
      mended("airlock.json", '{"network": {"rules": [{"allow": ["a.example"]}]}}', "type", name),
    ),
    { network: { rules: { "rule-1": { allow: ["a.example"] } } } },
  );
  assert.equal(
    mended("airlock.yaml", "network: {rules: [{allow: [a.example]}]}\n", "type", name),
    "network: {rules: { rule-1: {allow: [a.example]} }}\n",
  );
});

test("blocks of YAML get names, however far they are indented", () => {
  for (const indent of ["  ", "    ", "      "]) {
    const text = `network:\n  rules:\n${indent}- allow:\n${indent}    - a.example\n${indent}  passthrough: true\n${indent}- deny: [b.example]\nvm:\n  cpus: 1\n`;
    const changed = mended("airlock.yaml", text, "type", name);
    assert.deepEqual(load({ "airlock.yaml": changed }).config?.network.rules, {
      "rule-1": { enabled: true, allow: ["a.example"], deny: [], passthrough: true },
      "rule-2": { enabled: true, allow: [], deny: ["b.example"], passthrough: false },
    });
  }
});

test("several scripts of a rule become middleware of their own with the rule's targets", () => {
  const title = "Replace by `network.middleware.r`";
  const toml =
    '[network.rules.r]\nallow = ["a.example"]\n[[network.rules.r.middleware]]\nscript = "1"\n[network.rules.r.middleware.env]\nA = "x"\n[[network.rules.r.middleware]]\nscript = "2"\n';
  assert.equal(
    mended("airlock.toml", toml, "removed-key", title),
    '[network.rules.r]\nallow = ["a.example"]\n[network.middleware.r]\ntarget = ["a.example"]\nscript = "1"\n[network.middleware.r.env]\nA = "x"\n[network.middleware.r-2]\ntarget = ["a.example"]\nscript = "2"\n',
  );
  const json =
    '{"network": {"rules": {"r": {"middleware": [{"script": "a"}], "allow": ["a.example"]}}}}';
  assert.deepEqual(JSON.parse(mended("airlock.json", json, "removed-key", title)).network, {
    rules: { r: { allow: ["a.example"] } },
    middleware: { r: { target: ["a.example"], script: "a" } },
  });
  const yaml =
    "network:\n  rules:\n    r:\n      middleware:\n        - script: |\n            one\n            two\n        - { script: b }\n      allow:\n        - a.example\n";
  const changed = mended("airlock.yaml", yaml, "removed-key", title);
  assert.deepEqual(load({ "airlock.yaml": changed }).config?.network.middleware, {
    r: { enabled: true, target: ["a.example"], env: {}, script: "one\ntwo\n" },
    "r-2": { enabled: true, target: ["a.example"], env: {}, script: "b" },
  });
});

test("scripts in braces or with one header move in TOML, too", () => {
  const title = "Replace by `network.middleware.r`";
  for (const [text, expected] of [
    [
      '[network.rules.r]\nallow = ["a.example"]\nmiddleware = [{ script = \'\'\'\na, b = 1\n\'\'\', env.A = "x", env.B = "y" }, { script = "2" }]\n[vm]\ncpus = 1\n',
      '[network.rules.r]\nallow = ["a.example"]\n[vm]\ncpus = 1\n\n[network.middleware.r]\ntarget = ["a.example"]\nscript = \'\'\'\na, b = 1\n\'\'\'\nenv.A = "x"\nenv.B = "y"\n\n[network.middleware.r-2]\ntarget = ["a.example"]\nscript = "2"\n',
    ],
    [
      '[network.rules]\nr = { allow = ["a.example"], middleware = { script = "1", env = { A = "x" } } }',
      '[network.rules]\nr = { allow = ["a.example"] }\n\n[network.middleware.r]\ntarget = ["a.example"]\nscript = "1"\nenv = { A = "x" }\n',
    ],
    [
      'network = { rules.r = { middleware = [{ script = "1" }], allow = ["a.example"] } }\n',
      'network = { middleware = { r = { target = ["a.example"], script = "1" } }, rules.r = { allow = ["a.example"] } }\n',
    ],
    [
      '[network.rules.r]\nallow = ["a.example"]\n[network.rules.r.middleware]\nscript = "1"\n[network.rules.r.middleware.env]\nA = "x"\n',
      '[network.rules.r]\nallow = ["a.example"]\n[network.middleware.r]\ntarget = ["a.example"]\nscript = "1"\n[network.middleware.r.env]\nA = "x"\n',
    ],
  ] as const) {
    assert.equal(mended("airlock.toml", text, "removed-key", title), expected);
  }
});

test("a list that names another value of its file is removed, and not written in brackets", () => {
  const text = "x: &a deny-always\nnetwork: {ports: {}}\nvm:\n  policy:\n    - *a\n    - b\n";
  const problem = { code: "unknown-key", keyPath: "vm.policy", span: { start: 0, end: 0 } };
  const fixes = fixesFor(languageContext("airlock.yaml", text), problem);
  assert.deepEqual(
    fixes.map(({ title }) => title),
    ["Remove `vm.policy`"],
  );
});
