import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, lines, load } from "#test/support/configs.ts";

test("unknown keys load with a warning that names the nearest known key", () => {
  const result = load({
    "airlock.toml": "[vm]\ncpu = 2\n[nettwork]\n[mask.m]\npaths = []\npahts = []",
  });
  assert.ok(result.config);
  assert.deepEqual(lines(result), [
    "airlock.toml:2:1: warning: unknown key `vm.cpu` has no effect; did you mean `cpus`?",
    "airlock.toml:3:2: warning: unknown key `nettwork` has no effect; did you mean `network`?",
    "airlock.toml:6:1: warning: unknown key `mask.m.pahts` has no effect; did you mean `paths`?",
  ]);
  assert.equal(result.diagnostics[0]?.suggestion, "cpus");
});

test("unknown keys are found in inline tables, in every file and format", () => {
  const result = load({
    "~/.airlock/config.yaml": "vm: {memmory: 1}",
    "airlock.toml": "vm = {image = {name = 'x', nmae = 'y'}}",
    "airlock.local.json": '{"$schema": "x", "xyzzy": {"a": 1}}',
  });
  assert.deepEqual(lines(result), [
    "~/.airlock/config.yaml:1:6: warning: unknown key `vm.memmory` has no effect; did you mean `memory`?",
    "airlock.toml:1:28: warning: unknown key `vm.image.nmae` has no effect; did you mean `name`?",
    "airlock.local.json:1:18: warning: unknown key `xyzzy` has no effect",
  ]);
});

test("names that users give are not unknown keys", () => {
  const text =
    'env.anything = "x"\n[network.rules.anything]\n[daemons.any]\ncommand = ["x"]\nenv.A = "x"';
  assert.deepEqual(findings(text), []);
});

const former: [text: string, key: string, replacement: string][] = [
  ["nested_virtualization = true", "nested_virtualization", "`vm.kvm`"],
  ["vm.nested_virtualization = true", "vm.nested_virtualization", "`vm.kvm`"],
  ['network.default_mode = "deny"', "network.default_mode", "`network.policy`"],
  ["network.allowed_hosts = []", "network.allowed_hosts", "`network.rules.<name>.allow`"],
  ["network.allowed_hosts_tls = []", "network.allowed_hosts_tls", "`network.rules.<name>.allow`"],
  ["network.tls_passthrough = []", "network.tls_passthrough", "`network.rules.<name>.passthrough`"],
  ["network.host_ports = [1]", "network.host_ports", "`network.ports.<name>.host`"],
  ["[[network.rules.r.middleware]]", "network.rules.r.middleware", "`network.middleware.<name>`"],
  ['network.sockets.s = {host = "/a", guest = "/b"}', "network.sockets.s.guest", "`host = "],
  ["[cache.c]", "cache", "`disk.cache.<name>` with `paths`"],
  ["disk.cache.c = {paths = [], path = '/x'}", "disk.cache.c.path", "`paths`"],
  ["[monitor]", "monitor", "the user settings file"],
];
for (const [text, key, replacement] of former) {
  test(`the former key ${key} warns and names what to use`, () => {
    const result = load({ "airlock.toml": text });
    assert.ok(result.config);
    const [line, ...rest] = lines(result);
    assert.deepEqual(rest, []);
    assert.ok(
      line?.includes(`warning: \`${key}\` has no effect any more; use ${replacement}`),
      line,
    );
  });
}

test("rules and middleware as arrays of tables are errors that show the new form", () => {
  for (const key of ["network.rules", "network.middleware"]) {
    const [line] = findings(`[[${key}]]\nallow = []`);
    assert.ok(line?.endsWith(`write \`[${key}.<name>]\` instead of \`[[${key}]]\``), line);
  }
});
