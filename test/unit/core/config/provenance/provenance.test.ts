import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "smol-toml";
import { parseKeyPath } from "#core/config/names/keyPath.ts";
import { type Explanation, explain, explanationText } from "#core/config/provenance/explain.ts";
import { originsToml } from "#core/config/provenance/originsToml.ts";
import { configOf, linuxHost, load } from "#test/support/configs.ts";

/** Fixture trees by what they show; presets are small ones of the test's own. */
const presets = {
  base: '[network.rules.hosts]\nallow = ["a.example"]\n[env]\nEDITOR = "vi"\n',
  tool: 'presets = ["base"]\n[network.rules.hosts]\nallow = ["b.example"]\n[env]\nEDITOR = "ed"\n',
};
const trees: Record<string, Record<string, string>> = {
  "scalars over scalars in all four files and formats": {
    "~/.airlock/config.toml": 'vm.memory = "1 GB"\ndisk.size = "20 GB"\n',
    "~/.airlock.yaml": "vm:\n  memory: 2 GB\n",
    "airlock.toml": '[vm]\nimage = "embedded:base"\nmemory = "3 GB"\n',
    "airlock.local.json": '{ "vm": { "memory": "4 GB", "cpus": null } }\n',
  },
  "lists that add up, from presets of presets to the local file": {
    "~/.airlock.toml": 'presets = ["base"]\n',
    "airlock.toml": 'presets = ["tool"]\n[network.rules.hosts]\nallow = ["c.example"]\ndeny = []\n',
    "airlock.local.yaml": "network: {rules: {hosts: {allow: [d.example]}}}\n",
  },
  "an image as text over a table, and a script of several lines": {
    "~/.airlock.toml": '[vm.image]\nname = "old"\ninsecure = true\n',
    "airlock.toml": `vm.image = "embedded:base"\n[network.middleware."a b"]\nscript = '''\nlocal x = 1\nreturn x\n'''\n`,
  },
};

const keys = [
  "vm.memory",
  "vm.cpus",
  "vm.image",
  "vm.image.name",
  "vm.image.insecure",
  "network.rules.hosts.allow",
  "network.rules.hosts.allow[1]",
  "network.policy",
  "env.EDITOR",
  "presets",
];

const asIs = (path: string) => path;

function tree(title: string) {
  return load(trees[title] ?? {}, { presets });
}

function explained(title: string, key: string): Explanation {
  const { effective, provenance } = tree(title);
  const segments = parseKeyPath(key);
  assert.ok(segments);
  const explanation = explain(segments, { effective, provenance, host: linuxHost });
  assert.ok(!("unknown" in explanation));
  return explanation;
}

test("origins and explanations of whole trees are rendered as on the page", () => {
  const parts = Object.keys(trees).map((title) => {
    const result = tree(title);
    const { text } = originsToml(configOf(result), result.provenance, asIs);
    const stories = keys
      .map((key) => explained(title, key))
      .filter(({ settings }) => settings.length > 0)
      .map((explanation) => `--- explain\n${explanationText(explanation, asIs)}`);
    return `=== ${title}\n${text}${stories.join("")}`;
  });
  const path = join(import.meta.dirname, "provenance.golden.txt");
  const actual = parts.join("\n");
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
});

test("the text with origins is TOML and means the effective configuration", () => {
  for (const title of Object.keys(trees)) {
    const { config, provenance } = tree(title);
    assert.ok(config);
    const { text } = originsToml(config, provenance, asIs);
    assert.deepEqual(JSON.parse(JSON.stringify(parse(text))), JSON.parse(JSON.stringify(config)));
  }
});

test("every link stands where it says, and every range shows the value in its file", () => {
  for (const [title, files] of Object.entries(trees)) {
    const { config, provenance } = tree(title);
    assert.ok(config);
    const { text, links } = originsToml(config, provenance, asIs);
    for (const { line, column, text: shown } of links) {
      assert.ok(
        text
          .split("\n")
          [line - 1]?.slice(column - 1)
          .startsWith(shown),
        shown,
      );
    }
    for (const { value, origin } of provenance.values(config)) {
      const file = files[origin.path ?? ""];
      if (file === undefined || typeof value !== "string" || value.includes("\n")) continue;
      const { line = 0, column = 0 } = origin.range?.start ?? {};
      assert.ok(
        file
          .split("\n")
          [line - 1]?.slice(column - 1)
          .includes(value),
        `${value} in ${title}`,
      );
    }
  }
});

test("a key that is set nowhere has its default, and an unknown one the nearest known name", () => {
  const { effective, provenance } = load({ "airlock.toml": "" });
  const sources = { effective, provenance, host: linuxHost };
  const policy = explain(["network", "policy"], sources);
  assert.ok(!("unknown" in policy));
  assert.deepEqual(
    [policy.value, policy.origin, policy.settings],
    ["allow-always", { scope: "default" }, []],
  );
  assert.deepEqual(explain(["vm", "memry"], sources), {
    unknown: "vm.memry",
    suggestion: "vm.memory",
  });
});

test("a key is explained also while the configuration has errors", () => {
  const { effective, provenance } = load({
    "airlock.toml": "vm.cpus = 2\n",
    "airlock.local.toml": "vm.cpus = 0\n",
  });
  const story = explain(["vm", "cpus"], { effective, provenance, host: linuxHost });
  assert.ok(!("unknown" in story));
  assert.deepEqual([story.value, story.origin], [linuxHost.cpus, { scope: "default" }]);
  assert.deepEqual(
    story.settings.map(({ written, effect }) => [written, effect]),
    [
      ["2", "overridden"],
      ["0", "invalid"],
    ],
  );
});

test("beside errors, everything that is valid keeps its value and its origin", () => {
  const text = [
    'vm = { cpus = "many", memory = "1 GB" }',
    'network.rules.a = { allow = ["a.example", { }], deny = ["b.example"] }',
    "mounts.half.source = '/a'",
  ].join("\n");
  const { config, effective, provenance } = load({ "airlock.toml": text });
  assert.equal(config, undefined);
  assert.ok(effective);
  const { vm, network, mounts } = effective;
  assert.deepEqual([vm.cpus, vm.memory, mounts], [linuxHost.cpus, 1024 ** 3, {}]);
  assert.deepEqual([network.rules.a?.allow, network.rules.a?.deny], [[], ["b.example"]]);
  const scopes = ["vm.cpus", "vm.memory", "network.rules.a.allow", "network.rules.a.deny[0]"].map(
    (key) => provenance.originOf(parseKeyPath(key) ?? []).scope,
  );
  assert.deepEqual(scopes, ["default", "project", "default", "project"]);
  const [source] = provenance.settings(["mounts", "half", "source"]);
  assert.equal(source?.effect, "invalid");
});

test("keys are read back as they are written", () => {
  for (const key of ["vm.memory", 'mask."a b".paths[0]', 'env."x\\"y"', "presets[12]"]) {
    const segments = parseKeyPath(key);
    assert.ok(segments, key);
  }
  assert.deepEqual(parseKeyPath('mask."a b".paths[0]'), ["mask", "a b", "paths", 0]);
  for (const wrong of ["", ".vm", "vm.", "vm..cpus", "[0]x", 'a"b"', "a b"]) {
    assert.equal(parseKeyPath(wrong), undefined, wrong);
  }
});
