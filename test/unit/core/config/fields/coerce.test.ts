import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, lines, linuxHost, load, loadJson, loadToml } from "#test/support/configs.ts";

const gib = 1024 ** 3;

test("no file at all gives the defaults, with those of the host filled in", () => {
  const result = load({});
  assert.deepEqual(lines(result), []);
  assert.deepEqual(result.config, {
    vm: {
      image: { name: "alpine:latest", resolution: "auto", insecure: false },
      ...{ cpus: 8, memory: 8 * gib, kvm: false, harden: true },
    },
    network: { policy: "allow-always", rules: {}, middleware: {}, ports: {}, sockets: {} },
    mounts: {},
    disk: { size: 10 * gib, cache: {} },
    env: {},
    daemons: {},
    mask: {},
  });
});

test("the default memory is half of the host's, at least 512 MiB, at most all of it", () => {
  const memory = (memoryBytes: number) => load({}, { host: { memoryBytes } }).config?.vm.memory;
  assert.equal(memory(0.75 * gib), 0.5 * gib);
  assert.equal(memory(0.25 * gib), 0.25 * gib);
  assert.equal(memory(64 * gib), 32 * gib);
});

test("two CPUs are assumed on a host that does not tell", () => {
  assert.equal(load({}, { host: { cpus: 0 } }).config?.vm.cpus, 2);
});

test("an image as text is a table with that name", () => {
  const image = { name: "oci:./x", resolution: "auto", insecure: false };
  assert.deepEqual(loadToml('vm.image = "oci:./x"').vm.image, image);
  assert.deepEqual(loadToml('[vm.image]\nname = "oci:./x"').vm.image, image);
});

test("text and table forms of the image replace each other, two tables merge", () => {
  const text = 'vm.image = "a"';
  const table = '[vm.image]\nname = "b"\ninsecure = true';
  const image = (base: string, overlay: string) =>
    load({ "airlock.toml": base, "airlock.local.toml": overlay }).config?.vm.image;
  assert.deepEqual(image(text, table), { name: "b", resolution: "auto", insecure: true });
  assert.deepEqual(image(table, text), { name: "a", resolution: "auto", insecure: false });
  assert.deepEqual(image(table, 'vm.image.resolution = "docker"'), {
    ...{ name: "b", resolution: "docker", insecure: true },
  });
});

test("texts true and false are booleans, other texts and numbers are not", () => {
  assert.equal(loadJson({ vm: { harden: "false" } }).vm.harden, false);
  assert.equal(loadJson({ vm: { harden: "true" } }).vm.harden, true);
  for (const value of ["True", "yes", "1", 1, 0, [], {}]) {
    const result = load({ "airlock.json": JSON.stringify({ vm: { harden: value } }) });
    assert.match(lines(result).join(), /error: `vm\.harden`: expected true or false, found/);
  }
});

test("a text that is a whole number is one", () => {
  assert.equal(loadJson({ vm: { cpus: "4" } }).vm.cpus, 4);
  for (const value of ["four", "4.5", "", " 4", "0x4", 4.5, -1, 0, true, 2 ** 40, "-1"]) {
    const result = load({ "airlock.json": JSON.stringify({ vm: { cpus: value } }) });
    assert.match(lines(result).join(), /error: `vm\.cpus`: expected a whole number/, `${value}`);
  }
});

test("numbers and booleans are texts where texts are wanted", () => {
  assert.deepEqual(loadJson({ env: { A: 4, B: true, C: 1.5, D: "x" } }).env, {
    ...{ A: "4", B: "true", C: "1.5", D: "x" },
  });
  const result = load({ "airlock.json": '{"env": {"A": [], "B": {}}}' });
  assert.deepEqual(lines(result), [
    "airlock.json:1:15: error: `env.A`: expected text, found a list",
    "airlock.json:1:24: error: `env.B`: expected text, found a table",
  ]);
});

test("numbers meant as text keep all their digits", () => {
  const id = "9007199254740993";
  for (const [path, text] of [
    ["airlock.toml", `env.ID = ${id}`],
    ["airlock.json", `{"env": {"ID": ${id}}}`],
    ["airlock.yaml", `env: {ID: ${id}}`],
  ] as const) {
    assert.equal(load({ [path]: text }).config?.env.ID, id);
  }
  assert.equal(load({ "airlock.yaml": "env: {ZIP: 01234}" }).config?.env.ZIP, "01234");
  assert.equal(load({ "airlock.yaml": "vm: {cpus: 02}" }).config?.vm.cpus, 2);
  assert.match(
    findings(`vm.cpus = ${id}`).join(),
    /expected a whole number.*found 9007199254740993/,
  );
});

test("an image that is neither text nor table says what it may be", () => {
  assert.deepEqual(findings("vm.image = 3"), [
    "airlock.toml:1:12: error: `vm.image`: expected an image reference, or a table with its `name`, found 3",
  ]);
});

test("a date in TOML is its text", () => {
  assert.equal(loadToml("env.DAY = 1979-05-27").env.DAY, "1979-05-27");
});

test("null means not set, for every kind of value", () => {
  const config = loadJson({
    vm: { image: null, cpus: null, memory: null, kvm: null, kernel: null },
    network: { policy: null, rules: { r: { allow: null, passthrough: null, enabled: null } } },
    mounts: null,
    disk: { size: null, cache: null },
    env: { A: null },
    daemons: { d: { command: ["x"], timeout: null, signal: null } },
  });
  assert.equal(config.vm.cpus, linuxHost.cpus);
  assert.equal(config.vm.image.name, "alpine:latest");
  assert.equal("kernel" in config.vm, false);
  assert.deepEqual(config.network.rules.r, {
    ...{ enabled: true, allow: [], deny: [], passthrough: false },
  });
  assert.deepEqual([config.mounts, config.env, config.disk.size], [{}, {}, 10 * gib]);
  assert.deepEqual([config.daemons.d?.timeout, config.daemons.d?.signal], [10, "SIGTERM"]);
});

test("null in a later file keeps an earlier value", () => {
  const result = load({
    "airlock.toml": "vm.cpus = 3",
    "airlock.local.json": '{"vm": {"cpus": null}, "env": null}',
  });
  assert.equal(result.config?.vm.cpus, 3);
});

test("a required key set to null is missing, and the error stands at the null", () => {
  const text = '{"mounts": {"a": {"source": null, "target": "/x"}}}';
  assert.deepEqual(lines(load({ "airlock.json": text })), [
    "airlock.json:1:19: error: `mounts.a.source` is missing",
  ]);
});

test("missing keys are all named, at the entry that needs them, disabled or not", () => {
  const text = [
    ...["[network.sockets.a]", "[network.middleware.b]", "[mounts.c]", "enabled = false"],
    ...["[disk.cache.d]", "[daemons.e]", "[mask.f]", "[vm.image]"],
  ].join("\n");
  assert.deepEqual(findings(text), [
    "airlock.toml:1:18: error: `network.sockets.a.host` is missing",
    "airlock.toml:2:21: error: `network.middleware.b.script` is missing",
    "airlock.toml:3:9: error: `mounts.c.source` is missing",
    "airlock.toml:3:9: error: `mounts.c.target` is missing",
    "airlock.toml:3:9: warning: `mounts.c` switches off an entry that nothing defines",
    "airlock.toml:5:13: error: `disk.cache.d.paths` is missing",
    "airlock.toml:6:10: error: `daemons.e.command` is missing",
    "airlock.toml:7:7: error: `mask.f.paths` is missing",
    "airlock.toml:8:5: error: `vm.image.name` is missing",
  ]);
});

test("a key may come from another file", () => {
  const result = load({
    "airlock.toml": '[mounts.a]\nsource = "~/x"',
    "airlock.local.toml": '[mounts.a]\ntarget = "/x"',
  });
  assert.deepEqual(lines(result), []);
});

test("sizes: every form of the unit, and a number alone is none", () => {
  for (const text of ["4GB", "4 gb", "4 GiB", "4096MB", "4G"]) {
    assert.equal(loadJson({ vm: { memory: text } }).vm.memory, 4 * gib, text);
  }
  assert.equal(loadJson({ disk: { size: "1.5 TB" } }).disk.size, 1536 * gib);
  for (const value of [4, "4", "four GB", true]) {
    const result = load({ "airlock.json": JSON.stringify({ disk: { size: value } }) });
    assert.match(lines(result).join(), /error: `disk\.size`: expected a size with a unit/);
  }
});

test("a disk of size 0 is one of the default size", () => {
  assert.equal(loadToml('disk.size = "0 GB"').disk.size, 10 * gib);
});

test("lists and tables are not made of anything else", () => {
  assert.deepEqual(findings('vm = 1\nmounts = []\nenv = "x"\nmask.a.paths = "x"\ndisk = [1]'), [
    "airlock.toml:1:6: error: `vm`: expected a table of keys, found 1",
    "airlock.toml:2:10: error: `mounts`: expected a table of named entries, found a list; write `[mounts.<name>]` instead of `[[mounts]]`",
    'airlock.toml:3:7: error: `env`: expected a table of named entries, found "x"',
    'airlock.toml:4:16: error: `mask.a.paths`: expected a list, found "x"',
    "airlock.toml:5:8: error: `disk`: expected a table of keys, found a list",
  ]);
});

test("a wrong choice lists the valid ones and suggests the nearest", () => {
  const result = load({ "airlock.toml": 'network.policy = "deny-allways"' });
  assert.deepEqual(lines(result), [
    'airlock.toml:1:18: error: `network.policy`: unknown value "deny-allways", expected one of `allow-always`, `deny-always`, `allow-by-default`, `deny-by-default`; did you mean `deny-always`?',
  ]);
  assert.equal(result.diagnostics[0]?.suggestion, "deny-always");
  assert.match(
    findings('vm.image = {name = "x", resolution = "Auto"}').join(),
    /did you mean `auto`/,
  );
  assert.match(findings("network.policy = 3").join(), /unknown value 3, expected one of/);
});

test("a former value of a choice suggests what it became", () => {
  const text = '[mounts.a]\nsource = "x"\ntarget = "/x"\nmissing = "create"';
  assert.match(findings(text).join(), /did you mean `create-dir`\?/);
});

test("named entries are in byte order of their names, whatever file names them first", () => {
  const names = ["b", "\u{1F600}", "\uFFFD", "a", "Z", "ä", "-"];
  const mask = Object.fromEntries(names.map((name) => [name, { paths: ["x"] }]));
  assert.deepEqual(Object.keys(loadJson({ mask }).mask), [
    ...["-", "Z", "a", "b", "ä", "\uFFFD", "\u{1F600}"],
  ]);
});

test("names of object properties are refused, not lost", () => {
  assert.deepEqual(findings('env.constructor = "x"\n[mask.__proto__]\npaths = []'), [
    "airlock.toml:1:5: error: `constructor` cannot be used as a name",
    "airlock.toml:2:7: error: `__proto__` cannot be used as a name",
  ]);
  for (const [path, text] of [
    ["airlock.json", '{"env": {"__proto__": "x"}}'],
    ["airlock.yaml", "env: {__proto__: x}"],
  ] as const) {
    assert.match(lines(load({ [path]: text })).join(), /`__proto__` cannot be used as a name/);
  }
});
