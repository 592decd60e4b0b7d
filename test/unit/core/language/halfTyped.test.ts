import assert from "node:assert/strict";
import { test } from "node:test";
import { hoverAt } from "#core/language/hover.ts";
import { load } from "#test/support/configs.ts";
import { atCursor } from "#test/support/cursor.ts";
import { labels, languageContext } from "#test/support/language.ts";

/** Documents with a preset, in which something is just being typed at the cursor. */
const documents: [path: string, marked: string][] = [
  ["airlock.toml", 'presets = ["debian"]\nvm.cpus = 2\n[network.rules.|\n[env]\nA = "a"\n'],
  ["airlock.toml", 'presets = ["debian"]\n[vm]\ncpus = 2\n[env]\nA = "a"\n[network.rules]\n|=\n'],
  [
    "airlock.json",
    '{"presets": ["debian"], "vm": {"cpus": 2}, "env": {"A": "a"},\n "network": {"rules": {"|}}}',
  ],
  [
    "airlock.yaml",
    "presets: [debian]\nvm: {cpus: 2}\nenv: {A: a}\nnetwork:\n  rules:\n    |\nmask: ]\n",
  ],
];

test("while an entry is typed, those of the presets of the same file are proposed", () => {
  for (const [path, marked] of documents) {
    const proposed = labels(path, marked).join();
    assert.match(proposed, /\bdebian-packages\b/, `${path}: ${proposed}`);
  }
});

test("a half-typed document keeps its presets and its other values", () => {
  for (const [path, marked] of documents) {
    const { config, effective, presets, diagnostics } = load({ [path]: atCursor(marked).text });
    assert.equal(config, undefined, "and does not start");
    assert.deepEqual(new Set(diagnostics.map(({ code }) => code)), new Set(["syntax"]), path);
    assert.deepEqual(presets, ["debian"]);
    assert.deepEqual([effective?.vm.cpus, effective?.env.A], [2, "a"], path);
  }
});

test("a half-typed document takes part in what hovers in other files say", () => {
  for (const [path, marked] of documents) {
    const context = languageContext("airlock.local.toml", "vm.cpus = 3\n", {
      [path]: atCursor(marked).text,
    });
    const { markdown } = hoverAt(context, 4) ?? { markdown: "" };
    assert.match(markdown, /`3` — .*, in force/, path);
    assert.match(markdown, /`2` — .*, overridden/, path);
  }
});

test("lists and tables of a half-typed TOML text keep what stands before the mistake", () => {
  const text = [
    'network.rules.a = { allow = ["one.example", two.example, "three.example"] }',
    "[mounts.m]",
    "source = '/s'",
    'target = """',
    'of several lines"""',
    "[[list.of]]",
    "x = 1",
    "[[list.of]]",
    "x = 2",
    "[constructor]",
    "x = 1",
    "[env]",
    "A = ",
  ].join("\n");
  const { effective } = load({ "airlock.toml": text });
  assert.deepEqual(effective?.network.rules.a?.allow, ["one.example"]);
  assert.equal(effective?.mounts.m?.target, "of several lines");
});
