import assert from "node:assert/strict";
import { test } from "node:test";
import { hintsOf, lensesOf } from "#core/language/lenses.ts";
import { languageContext } from "#test/support/language.ts";

function titles(text: string, others: Readonly<Record<string, string>> = {}): string[] {
  return lensesOf(languageContext("airlock.toml", text, others)).map(({ title }) => title);
}

test("lenses start the sandbox and tell of the image and of all rules in effect", () => {
  const others = { "~/.airlock/config.toml": "network.rules.a.allow = ['a.example']\n" };
  const text = [
    'vm.image = "oci:./mine"',
    "[network]",
    'policy = "deny-by-default"',
    "rules.b.enabled = false",
    'rules.b.allow = ["b.example"]',
  ].join("\n");
  assert.deepEqual(titles(text, others), [
    ...["Start or Stop Sandbox", "oci:./mine: 12 MiB", "1 network rule in effect"],
  ]);
  assert.deepEqual(titles('vm.image = "oci:./other"\nnetwork.policy = "deny-always"\n'), [
    "Start or Stop Sandbox",
    "oci:./other: not stored yet, the first start prepares it",
    "0 network rules, ignored by `deny-always`",
  ]);
});

test("a file with errors tells the facts of the rest", () => {
  const start = "Start or Stop Sandbox";
  const rule = "rules.a.allow = ['a.example']\n";
  const text = `vm.image = "oci:./mine"\n[network]\npolicy = "allow-by-default"\n${rule}`;
  const facts = [start, "oci:./mine: 12 MiB", "1 network rule in effect without the errors"];
  assert.deepEqual(titles(`${text}[vm]\ncpus = 0\n`), facts);
  assert.deepEqual(titles(`${text}[network.rules.`), facts);
  assert.deepEqual(titles("[network]\npolicy = \n"), [
    start,
    "0 network rules, ignored by `allow-always`",
  ]);
});

test("a value that another file overrides says by what", () => {
  const text = "[vm]\ncpus = 2\nkvm = true\n";
  const context = languageContext("airlock.toml", text, {});
  assert.deepEqual(hintsOf(context, { start: 0, end: text.length }), []);
  const other = languageContext("airlock.local.toml", "vm.cpus = 3\n", { "airlock.toml": text });
  const overridden = { ...other, path: context.path, model: context.model };
  assert.deepEqual(hintsOf(overridden, { start: 0, end: text.length }), [
    { offset: text.indexOf("2") + 1, text: "3 in airlock.local.toml" },
  ]);
  assert.deepEqual(hintsOf(overridden, { start: text.length, end: text.length }), []);
});
