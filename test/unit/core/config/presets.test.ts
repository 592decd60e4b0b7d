// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "smol-toml";
import { toPlain } from "#core/config/formats/tree.ts";
import { presetTexts } from "#core/config/presets.generated.ts";
import { resolvePresets } from "#core/config/presets.ts";
import { startOfFile } from "#core/config/types.ts";
import { configOf, findings, lines, load, loadToml } from "#test/support/configs.ts";

const presets = {
  imageAndCpus: 'vm.image = "X"\nvm.cpus = 2',
  cpusAndMemory: 'vm.cpus = 8\nvm.memory = "2 GB"',
  nested: 'presets = ["imageAndCpus"]\nvm.cpus = 4',
  a: 'presets = ["b"]',
  b: 'presets = ["a"]',
  base: 'vm.cpus = 2\nmask.m.paths = ["one"]',
  left: 'presets = ["base"]\nvm.memory = "2 GB"',
  right: 'presets = ["base"]\nvm.cpus = 4',
  mount: '[mounts.home]\nsource = "~/x"\ntarget = "/x"',
};
const gib = 1024 ** 3;

test("a file without presets is unchanged", () => {
  assert.equal(loadToml("vm.cpus = 4", { presets }).vm.cpus, 4);
});

test("user values go over a preset's", () => {
  const { vm } = loadToml('presets = ["imageAndCpus"]\nvm.cpus = 8', { presets });
  assert.deepEqual([vm.image.name, vm.cpus], ["X", 8]);
});

test("later presets go over earlier ones", () => {
  const { vm } = loadToml('presets = ["imageAndCpus", "cpusAndMemory"]', { presets });
  assert.deepEqual([vm.image.name, vm.cpus, vm.memory], ["X", 8, 2 * gib]);
});

test("values of a preset stay where the user sets none", () => {
  const { vm } = loadToml('presets = ["cpusAndMemory"]\nvm.cpus = 1', { presets });
  assert.deepEqual([vm.cpus, vm.memory], [1, 2 * gib]);
});

test("a preset's own presets go below it", () => {
  const { vm } = loadToml('presets = ["nested"]', { presets });
  assert.deepEqual([vm.image.name, vm.cpus], ["X", 4]);
});

test("presets that name each other are an error with the chain", () => {
  assert.deepEqual(findings('\npresets = ["a"]', { presets }), [
    "airlock.toml:2:12: error: circular preset dependency: a -> b -> a",
  ]);
});

test("a preset reached twice is applied once, where it is reached first", () => {
  const config = loadToml('presets = ["left", "right"]', { presets });
  assert.deepEqual([config.vm.cpus, config.vm.memory], [4, 2 * gib]);
  assert.deepEqual(config.mask.m?.paths, ["one"]);
});

test("an unknown preset is an error with the nearest known one", () => {
  assert.deepEqual(findings('presets = ["mout", "Mount", "zzzzzzzz"]', { presets }), [
    "airlock.toml:1:12: error: unknown preset `mout`; did you mean `mount`?",
    "airlock.toml:1:20: error: unknown preset `Mount`; did you mean `mount`?",
    "airlock.toml:1:29: error: unknown preset `zzzzzzzz`",
  ]);
  const [first] = load({ "airlock.toml": 'presets = ["mout"]' }, { presets }).diagnostics;
  assert.equal(first?.suggestion, "mount");
});

test("names are exact: those of object properties are unknown, too", () => {
  assert.match(findings('presets = ["constructor"]').join(), /unknown preset `constructor`/);
});

test("the result of presets has no presets key, and neither has the configuration", () => {
  const origin = { scope: "project" as const, path: "x", range: startOfFile };
  const { tree, applied } = resolvePresets([{ name: "nested", origin }], presets);
  assert.deepEqual(toPlain(tree), { vm: { image: "X", cpus: 4 } });
  assert.deepEqual(applied, ["imageAndCpus", "nested"]);
  const result = load({ "airlock.toml": 'presets = ["nested"]' }, { presets });
  assert.equal("presets" in configOf(result), false);
  assert.deepEqual(result.presets, ["imageAndCpus", "nested"]);
});

test("naming a preset twice has no further effect", () => {
  const config = loadToml('presets = ["base", "base", "left"]', { presets });
  assert.deepEqual(config.mask.m?.paths, ["one"]);
});

test("presets of all files are applied in the order of the files, each once", () => {
  const order = {
    one: 'env.X = "one"',
    two: 'env.X = "two"\nmask.m.paths = ["2"]',
    three: 'env.X = "three"',
  };
  const result = load(
    {
      "~/.airlock/config.toml": 'presets = ["one", "two"]',
      "~/.airlock.json": '{"presets": ["two"]}',
      "airlock.yaml": "presets: [three]",
      "airlock.local.toml": 'presets = ["one", "two"]',
    },
    { presets: order },
  );
  const config = configOf(result);
  assert.deepEqual(result.presets, ["one", "two", "three"]);
  assert.deepEqual([config.env.X, config.mask.m?.paths], ["three", ["2"]]);
});

test("enabled = false alone switches off what a preset defines", () => {
  const config = loadToml('presets = ["mount"]\n[mounts.home]\nenabled = false', { presets });
  assert.deepEqual([config.mounts.home?.enabled, config.mounts.home?.source], [false, "~/x"]);
});

test("presets that are no list, and elements that are no text, are errors", () => {
  assert.deepEqual(findings('presets = "debian"'), [
    "airlock.toml:1:11: error: `presets`: expected a list of preset names",
  ]);
  assert.deepEqual(findings('presets = ["debian", 3, ["rust"]]'), [
    "airlock.toml:1:11: error: `presets[2]`: expected the name of a preset",
    "airlock.toml:1:22: error: `presets[1]`: expected the name of a preset",
  ]);
  assert.deepEqual(lines(load({ "airlock.json": '{"presets": null}' })), []);
});

test("an error in a value of a preset points at the place that asks for the preset", () => {
  const wrong = { wrong: "vm.cpus = 0" };
  const [line] = findings('\npresets = ["wrong"]', { presets: wrong });
  assert.match(line ?? "", /^airlock\.toml:2:12: error: `vm\.cpus`/);
});

test("the built-in presets are exactly the documented ones", () => {
  assert.deepEqual(
    Object.keys(presetTexts).sort(),
    [
      ...["alpine", "arch", "debian", "fedora", "suse", "nodejs", "python", "rust"],
      ...["claude-code", "copilot-cli", "openai-codex"],
    ].sort(),
  );
});

for (const name of Object.keys(presetTexts)) {
  test(`preset ${name} alone resolves and validates without a finding`, () => {
    const result = load({ "airlock.toml": `presets = ["${name}"]` });
    assert.deepEqual(lines(result), []);
    const config = configOf(result);
    assert.equal(config.network.policy, "allow-always");
    assert.ok(Object.keys(config.network.rules).length === 1);
    const asFile = load({ "airlock.toml": presetTexts[name] ?? "" });
    assert.deepEqual(lines(asFile), [], "the preset has no unknown keys either");
  });
}

test("the generated module has what the preset files say", () => {
  const files = readdirSync("presets").sort();
  const texts = files.map((file) => [
    file.replace(".toml", ""),
    readFileSync(`presets/${file}`, "utf8"),
  ]);
  assert.deepEqual(presetTexts, Object.fromEntries(texts));
});

test("the agent presets bring placeholder, rule, mount and middleware", () => {
  const { env, mounts, network } = loadToml('presets = ["claude-code"]');
  assert.equal(env.CLAUDE_CODE_OAUTH_TOKEN, "real-token-will-be-injected");
  assert.deepEqual(Object.keys(mounts), ["claude-json", "claude-settings"]);
  assert.deepEqual(JSON.parse(mounts["claude-json"]?.file_content ?? ""), {
    hasCompletedOnboarding: true,
  });
  assert.deepEqual(network.middleware["claude-auth-token"]?.env, {
    TOKEN: "${CLAUDE_CODE_OAUTH_TOKEN}",
  });
  const all = loadToml('presets = ["claude-code", "copilot-cli", "openai-codex", "nodejs"]');
  assert.equal(Object.keys(all.network.middleware).length, 4);
});

test("each preset amounts to exactly what is written down", () => {
  const parts = Object.keys(presetTexts).map((name) => {
    const { effective } = load({ "airlock.toml": `presets = ["${name}"]` });
    assert.ok(effective);
    return `=== ${name}\n${stringify(difference(effective, loadToml("")) as object)}`;
  });
  const path = join(import.meta.dirname, "presets.golden.txt");
  const actual = parts.join("\n");
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
});

test("the token of Copilot goes by where a connection leads, and only below one path elsewhere", () => {
  const { rules, middleware } = loadToml('presets = ["copilot-cli"]').network;
  const { "copilot-cli-api-token": api, "copilot-cli-internal-token": internal } = middleware;
  assert.ok(rules["copilot-cli"]?.allow.includes("**.githubcopilot.com:443"));
  assert.deepEqual(api?.target, ["**.githubcopilot.com:443"]);
  assert.deepEqual(internal?.target, ["api.github.com:443"]);
  for (const { script } of Object.values(middleware)) assert.doesNotMatch(script, /host/i);
});

/** What of a configuration is not as in another one. */
function difference(value: unknown, other: unknown): unknown {
  if (!isTable(value) || !isTable(other)) return value;
  const entries = Object.entries(value)
    .filter(([key, each]) => JSON.stringify(each) !== JSON.stringify(other[key]))
    .map(([key, each]) => [key, difference(each, other[key])]);
  return Object.fromEntries(entries);
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
