import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "#test/support/configs.ts";

/** Codes of what is said about rules that allow and deny these targets. */
function codes(allow: string[], deny: string[], policy = "deny-by-default"): string[] {
  const rules = { a: { allow }, d: { deny } };
  const text = JSON.stringify({ network: { policy, rules } });
  return load({ "airlock.json": text }).diagnostics.map(
    ({ code, keyPath }) => `${code} ${keyPath}`,
  );
}

const covered: [allow: string, deny: string][] = [
  ["a.example", "*.example"],
  ["a.example", "**.a.example"],
  ["x.a.example", "**.example"],
  ["a.example:443", "a.example"],
  ["A.Example.", "a.example:*"],
  ["*.a.example", "**.a.example"],
  ["**.a.example", "**.example"],
  ["10.0.0.1", "*"],
  ["*:80", "*"],
];
for (const [allow, deny] of covered) {
  test(`${allow} is always denied by ${deny}`, () => {
    const [found] = codes([allow], [deny]);
    assert.match(found ?? "", /^(never-matches|contradiction) network\.rules\.a\.allow\[0\]$/);
  });
}

const open: [allow: string, deny: string][] = [
  ["*.example", "a.example"],
  ["a.example", "a.example:443"],
  ["a.example:80", "a.example:443"],
  ["x.a.example", "*.example"],
  ["example", "*.example"],
  ["**.a.example", "*.a.example"],
  ["*", "**.example"],
  ["aexample", "**.example"],
];
for (const [allow, deny] of open) {
  test(`${allow} is not always denied by ${deny}`, () => {
    assert.deepEqual(codes([allow], [deny]), []);
  });
}

test("middleware of a denied target never runs; policies without rules deny nothing by them", () => {
  const network = {
    policy: "allow-by-default",
    rules: { d: { deny: ["**.example"] } },
    middleware: { m: { target: ["a.example"], script: "" } },
  };
  const found = load({ "airlock.json": JSON.stringify({ network }) }).diagnostics;
  assert.deepEqual(
    found.map(({ keyPath }) => keyPath),
    ["network.middleware.m.target[0]"],
  );
  assert.deepEqual(codes(["a.example"], ["a.example"], "allow-always"), []);
});

test("wildcards before addresses, and the sandbox itself, never match", () => {
  const targets = ["*.10.0.0.1", "**.1.2.3.4:80", "localhost:8080", "127.0.0.1", "0:0:0:0:0:0:0:1"];
  assert.equal(codes(targets, []).filter((each) => each.startsWith("never-matches")).length, 5);
  assert.deepEqual(codes(["10.0.0.1", "*.localhost.example", "1.2.3.4.example"], []), []);
});

test("a later file, or the user of a preset, may deny what was allowed", () => {
  const allow = '[network.rules.a]\nallow = ["x.example"]\n';
  const deny = '[network.rules.d]\ndeny = ["**.example"]\n';
  const policy = 'network.policy = "deny-by-default"\n';
  const codesOf = (files: Record<string, string>, presets = {}) =>
    load(files, { presets }).diagnostics.map(({ code, path }) => `${code} ${path}`);
  assert.deepEqual(codesOf({ "airlock.toml": policy + allow, "airlock.local.toml": deny }), []);
  assert.deepEqual(codesOf({ "airlock.toml": policy + deny, "airlock.local.toml": allow }), [
    "never-matches airlock.local.toml",
  ]);
  assert.deepEqual(
    codesOf({ "airlock.toml": `presets = ["p"]\n${policy}${deny}` }, { p: allow }),
    [],
  );
});

test("what is switched off contradicts nothing; files may name the same", () => {
  const files = {
    "airlock.toml":
      'network.policy = "deny-by-default"\n[network.rules.a]\nallow = ["x.example"]\n[network.rules.d]\nenabled = false\ndeny = ["*"]\n',
    "airlock.local.toml": '[network.rules.a]\nallow = ["x.example"]\n',
  };
  assert.deepEqual(load(files).diagnostics, []);
});
