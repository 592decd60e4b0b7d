import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { presetTexts } from "#core/config/presets.generated.ts";
import type { Config } from "#core/config/schema.ts";
import { formatSize } from "#core/config/sizes.ts";
import { configOf, lines, load, loadJson } from "#test/support/configs.ts";

/** The effective configuration as a file again: sizes need their unit. */
function asFile(config: Config): unknown {
  return {
    ...config,
    vm: { ...config.vm, memory: formatSize(config.vm.memory) },
    disk: { ...config.disk, size: formatSize(config.disk.size) },
  };
}

test("the effective configuration of any presets loads as itself", () => {
  const names = fc.shuffledSubarray(Object.keys(presetTexts));
  fc.assert(
    fc.property(names, (presets) => {
      const config = loadJson({ presets });
      assert.deepEqual(loadJson(asFile(config)), config);
    }),
    { numRuns: 50 },
  );
});

test("an empty file over any files changes nothing", () => {
  const text = 'presets = ["claude-code"]\nvm.cpus = 3\n[mask.m]\npaths = ["x"]';
  const alone = load({ "airlock.toml": text });
  const withEmpty = load({ "airlock.toml": text, "airlock.local.yaml": "" });
  assert.deepEqual(withEmpty.config, alone.config);
});

test("a word in place of a table, as somebody begins a key, hides nothing of other files", () => {
  const base = 'presets = ["claude-code"]\nvm.cpus = 3\n';
  for (const [path, text] of [
    ["airlock.local.yaml", "network:\n  rules:\n    A\n"],
    ["airlock.local.yaml", "network:\n  rul\nvm:\n  c\n"],
    ["airlock.local.toml", 'network.rules = "A"\n'],
    ["airlock.local.json", '{"network": {"rules": ["A"]}}'],
  ] as const) {
    const { effective, config, provenance } = load({ "airlock.toml": base, [path]: text });
    assert.equal(config, undefined, text);
    assert.deepEqual(Object.keys(effective?.network.rules ?? {}), ["claude-code"], text);
    assert.equal(effective?.vm.cpus, 3, text);
    const [word] = provenance.settings(["network", "rules"]).slice(-1);
    assert.deepEqual([word?.effect, word?.origin.path], ["invalid", path], text);
  }
  const files = { "airlock.yaml": "presets: [claude-code]\nnetwork:\n  rules:\n    A\n" };
  assert.deepEqual(Object.keys(load(files).effective?.network.rules ?? {}), ["claude-code"]);
  const [user, local] = ["[network.rules.u]\n", "[network.rules.x]\n"];
  const { config } = load({ "~/c.toml": user, ...files, "airlock.local.toml": local });
  assert.deepEqual(
    Object.keys(config?.network.rules ?? {}),
    ["claude-code", "x"],
    "a later table goes over it, and it over what was there before",
  );
});

test("a later file wins for values, and adds to lists", () => {
  const cpus = fc.integer({ min: 1, max: 8 });
  const paths = fc.uniqueArray(fc.constantFrom("a", "b", "c"));
  fc.assert(
    fc.property(cpus, cpus, paths, paths, (first, second, earlier, later) => {
      const file = (count: number, list: string[]) =>
        JSON.stringify({ vm: { cpus: count }, mask: { m: { paths: list } } });
      const result = load({
        "airlock.json": file(first, earlier),
        "airlock.local.json": file(second, later),
      });
      const config = configOf(result);
      assert.deepEqual(lines(result), []);
      assert.equal(config.vm.cpus, second);
      assert.deepEqual(config.mask.m?.paths, [...earlier, ...later]);
    }),
  );
});

test("TOML, JSON and YAML of one configuration mean the same", () => {
  const value = {
    vm: { image: { name: "oci:./x" }, cpus: 2, memory: "2 GB", harden: false },
    mounts: { "a b": { source: "~/x", target: "/x", read_only: true } },
    env: { A: "1", B: "true" },
    daemons: { d: { command: ["a", "b c"], timeout: 3 } },
  };
  const toml = [
    "vm = { image.name = 'oci:./x', cpus = 2, memory = '2 GB', harden = false }",
    "[mounts.'a b']\nsource = '~/x'\ntarget = '/x'\nread_only = true",
    "[env]\nA = 1\nB = true",
    "[daemons]\nd.command = ['a', 'b c']\nd.timeout = 3",
  ].join("\n");
  const yaml = [
    "vm: {image: {name: 'oci:./x'}, cpus: 2, memory: 2 GB, harden: false}",
    "mounts:\n  a b:\n    source: ~/x\n    target: /x\n    read_only: true",
    "env:\n  A: 1\n  B: true",
    "daemons: {d: {command: [a, b c], timeout: 3}}",
  ].join("\n");
  const expected = loadJson(value);
  assert.deepEqual(configOf(load({ "airlock.toml": toml })), expected);
  assert.deepEqual(configOf(load({ "airlock.yaml": yaml })), expected);
});
