// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import { presetTexts } from "#core/config/presets.generated.ts";
import { accept, complete, labels } from "#test/support/language.ts";

test("keys of a table, without those that stand there", () => {
  assert.deepEqual(labels("airlock.toml", "[vm]\ncpus = 1\nme|\n[disk]\n").slice(0, 6), [
    ...["image", "memory", "kvm", "harden", "kernel", "initramfs"],
  ]);
  assert.equal(accept("airlock.toml", "[vm]\nme|\n", "memory"), '[vm]\nmemory = ""\n');
  assert.equal(accept("airlock.toml", "vm.k|", "kvm"), "vm.kvm = true");
  assert.equal(accept("airlock.json", '{"vm": {"|"}}', "memory"), '{"vm": {"memory": ""}}');
  assert.equal(accept("airlock.yaml", "vm:\n  me|\n", "memory"), 'vm:\n  memory: ""\n');
  assert.equal(accept("airlock.toml", "[vm]\nkv|m = true", "kvm"), "[vm]\nkvm = true");
});

test("in JSON a key before another one brings its comma", () => {
  const text = '{"vm": {"|" "cpus": 1}}';
  assert.equal(accept("airlock.json", text, "kvm"), '{"vm": {"kvm": true, "cpus": 1}}');
});

test("sections and whole entries, with what they need", () => {
  const found = labels("airlock.toml", "[vm]\n\n|");
  assert.ok(!found.includes("[vm]"));
  for (const label of [
    "[network]",
    "[disk]",
    "[env]",
    "[mounts.<name>]",
    "[network.rules.<name>]",
  ]) {
    assert.ok(found.includes(label), label);
  }
  assert.equal(
    accept("airlock.toml", "|", "[mounts.<name>]"),
    '[mounts.name]\nsource = ""\ntarget = ""\n',
  );
  assert.equal(accept("airlock.toml", "[mou|", "[mounts.<name>]").split("\n")[0], "[mounts.name]");
  assert.equal(
    accept("airlock.toml", "[mou|]\n\n[vm]", "[mounts.<name>]"),
    '[mounts.name]\nsource = ""\ntarget = ""\n\n\n[vm]',
  );
  const header = "[mou|]\nsource = '.'";
  assert.equal(accept("airlock.toml", header, "[mounts.<name>]"), "[mounts.name]\nsource = '.'");
  assert.equal(accept("airlock.toml", "[netw|]\n", "[network]"), "[network]\n");
  assert.equal(accept("airlock.toml", "|", "[daemons.<name>]"), '[daemons.name]\ncommand = [""]\n');
});

test("values: choices, booleans, sizes", () => {
  assert.deepEqual(labels("airlock.toml", "[network]\npolicy = |"), [
    ...["allow-always", "deny-always", "allow-by-default", "deny-by-default"],
  ]);
  assert.equal(
    accept("airlock.toml", 'network.policy = "de|', "deny-always"),
    'network.policy = "deny-always"',
  );
  assert.equal(
    accept("airlock.yaml", "network:\n  policy: de|", "deny-always"),
    "network:\n  policy: deny-always",
  );
  assert.equal(accept("airlock.toml", "vm.kvm = t|", "true"), "vm.kvm = true");
  assert.deepEqual(labels("airlock.toml", 'vm.memory = "4|"'), ["4 GB", "4 MB"]);
  assert.ok(labels("airlock.toml", "disk.size = |").includes("20 GB"));
});

test("presets with what they contain, without those that are named already", () => {
  const found = complete("airlock.toml", 'presets = ["debian", "|"]');
  assert.deepEqual(
    found.map(({ label }) => label),
    Object.keys(presetTexts).filter((name) => name !== "debian"),
  );
  assert.match(found.find(({ label }) => label === "nodejs")?.documentation ?? "", /```toml\n/);
  assert.equal(accept("airlock.toml", "presets = |", "rust"), 'presets = ["rust"]');
});

test("entries of other files and presets can be switched off", () => {
  const others = { "~/.airlock/config.toml": "[mounts.keys]\nsource = '~/.ssh'\ntarget = '/k'\n" };
  assert.ok(labels("airlock.toml", "|", others).includes("[mounts.keys]"));
  assert.equal(
    accept("airlock.toml", "[mounts]\nk|", "keys", others),
    "[mounts]\nkeys.enabled = false",
  );
  const preset = labels("airlock.toml", 'presets = ["alpine"]\n[network.rules]\n|');
  assert.ok(preset.includes("alpine-packages"));
});

test("variables of the host inside a template", () => {
  const marked = '[env]\nT = "${HO|"';
  assert.deepEqual(labels("airlock.toml", marked), ["HOME", "HOST_TOKEN"]);
  assert.equal(accept("airlock.toml", marked, "HOST_TOKEN"), '[env]\nT = "${HOST_TOKEN}"');
  assert.deepEqual(labels("airlock.toml", '[env]\nT = "x|"'), []);
});

test("images of the store, and paths of the host", () => {
  assert.equal(accept("airlock.toml", "vm.image = |", "oci:./mine"), 'vm.image = "oci:./mine"');
  assert.ok(labels("airlock.toml", 'vm.image.name = "|"').includes("embedded:base"));
  const marked = '[mounts.x]\nsource = "./s|"';
  assert.deepEqual(labels("airlock.toml", marked), ["src", "a.txt"]);
  assert.equal(accept("airlock.toml", marked, "src"), '[mounts.x]\nsource = "./src/"');
});

test("hosts that presets know are proposed as targets", () => {
  assert.ok(
    labels("airlock.toml", '[network.rules.x]\nallow = ["|').includes("dl-cdn.alpinelinux.org"),
  );
});

test("nothing is proposed in comments, behind values, and for unknown keys", () => {
  for (const marked of ["# |", "vm.cpus = 3 |", "[nonsense]\nx = |", "[vm] |"]) {
    assert.deepEqual(labels("airlock.toml", marked), [], marked);
  }
});

test("what other tools propose from the schema is marked", () => {
  const generic = complete("airlock.toml", "[network]\npo|").filter(({ isGeneric }) => isGeneric);
  assert.ok(generic.some(({ label }) => label === "policy"));
  assert.ok(complete("airlock.toml", 'presets = ["|').every(({ isGeneric }) => !isGeneric));
});
