import assert from "node:assert/strict";
import { test } from "node:test";
import type { Position } from "#core/config/types.ts";
import { applyEdits } from "#core/language/fixes/edits.ts";
import { type Fix, fixesFor } from "#core/language/fixes/fixes.ts";
import { languageContext } from "#test/support/language.ts";

/** The fixes of the first problem with this code, and what the text then is. */
function fixed(
  path: string,
  text: string,
  code: string,
  others: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const context = languageContext(path, text, others);
  const found = context.result?.diagnostics.find(
    (each) => each.code === code && each.path === path,
  );
  assert.ok(found, `${code} in ${JSON.stringify(context.result?.diagnostics)}`);
  const span = { start: offsetOf(text, found.range.start), end: offsetOf(text, found.range.end) };
  const fixes: Fix[] = fixesFor(context, { ...found, span });
  return Object.fromEntries(fixes.map(({ title, edits }) => [title, applyEdits(text, edits)]));
}

function offsetOf(text: string, { line, column }: Position): number {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, column - 1);
}

test("a misspelt key is renamed or removed, in every format", () => {
  assert.deepEqual(fixed("airlock.toml", "[vm]\ncpu = 2 # two\nkvm = true\n", "unknown-key"), {
    "Change to `cpus`": "[vm]\ncpus = 2 # two\nkvm = true\n",
    "Remove `vm.cpu`": "[vm]\nkvm = true\n",
  });
  assert.deepEqual(fixed("airlock.json", '{"vm": {"cpu": 2, "kvm": false}}', "unknown-key"), {
    "Change to `cpus`": '{"vm": {"cpus": 2, "kvm": false}}',
    "Remove `vm.cpu`": '{"vm": {"kvm": false}}',
  });
  assert.deepEqual(fixed("airlock.yaml", "vm:\n  cpu: 2\n  kvm: false\n", "unknown-key"), {
    "Change to `cpus`": "vm:\n  cpus: 2\n  kvm: false\n",
    "Remove `vm.cpu`": "vm:\n  kvm: false\n",
  });
  const inline = fixed("airlock.toml", "vm = { cpus = 1, cpu = 2 }\n", "unknown-key");
  assert.equal(inline["Remove `vm.cpu`"], "vm = { cpus = 1 }\n");
});

test("a key of another section moves there", () => {
  const title = "Move to `network.policy`";
  assert.equal(
    fixed("airlock.toml", '[vm]\npolicy = "deny-always"\n[network]\n', "unknown-key")[title],
    '[vm]\n[network]\npolicy = "deny-always"\n',
  );
  assert.equal(
    fixed("airlock.toml", 'policy = "deny-always"\n', "unknown-key")[title],
    '\n[network]\npolicy = "deny-always"\n'.replace(/^\n/, ""),
  );
  assert.equal(
    fixed("airlock.yaml", "vm:\n  cpus: 1\n  policy: deny-always\n", "unknown-key")[title],
    "vm:\n  cpus: 1\nnetwork:\n  policy: deny-always\n",
  );
  const json = fixed("airlock.json", '{"vm": {"policy": "deny-always"}}', "unknown-key")[title];
  assert.deepEqual(JSON.parse(json ?? ""), { vm: {}, network: { policy: "deny-always" } });
});

test("keys of former versions are replaced", () => {
  assert.equal(
    fixed("airlock.toml", "nested_virtualization = true\n", "removed-key")["Replace by `vm.kvm`"],
    "[vm]\nkvm = true\n",
  );
  assert.equal(
    fixed("airlock.toml", '[network]\ndefault_mode = "deny"\n', "removed-key")[
      "Replace by `network.policy`"
    ],
    '[network]\npolicy = "deny-by-default"\n',
  );
});

test("sections and entries of former versions keep what is in them", () => {
  const caches = "[vm]\ncpus = 1\n[cache.c]\npaths = ['/x']\n[cache.d]\npaths = ['/y']\n";
  assert.equal(
    fixed("airlock.toml", caches, "removed-key")["Replace by `disk.cache`"],
    caches.replaceAll("[cache", "[disk.cache"),
  );
  assert.equal(
    fixed("airlock.toml", "cache.c.paths = ['/x']\n", "removed-key")["Replace by `disk.cache`"],
    "disk.cache.c.paths = ['/x']\n",
  );
  const titles = Object.keys(fixed("airlock.toml", caches, "removed-key"));
  assert.deepEqual(titles, ["Replace by `disk.cache`"], "what stands in two places is not removed");
  const socket = "[network.sockets.s]\nhost = '/a'\nguest = '/b'\n";
  assert.equal(
    fixed("airlock.toml", socket, "removed-key")["Replace by `network.sockets.s.host`"],
    '[network.sockets.s]\nhost = "/a:/b"\n',
  );
  const passthrough = "network.tls_passthrough = ['a.example']\n";
  assert.equal(
    fixed("airlock.toml", passthrough, "removed-key")[
      "Replace by `network.rules.tls-passthrough.allow`"
    ],
    "[network.rules.tls-passthrough]\nallow = ['a.example']\npassthrough = true\n",
  );
});

test("a missing key is added to its entry", () => {
  assert.equal(
    fixed("airlock.toml", "[mounts.x]\nsource = '.'\n\n[vm]\n", "missing")["Add `target`"],
    "[mounts.x]\nsource = '.'\ntarget = \"\"\n\n[vm]\n",
  );
  assert.equal(
    fixed("airlock.yaml", "mask:\n  x:\n    enabled: true\nvm: {}\n", "missing")["Add `paths`"],
    "mask:\n  x:\n    enabled: true\n    paths: []\nvm: {}\n",
  );
});

test("sizes get a unit, words become booleans, values the nearest one", () => {
  assert.deepEqual(fixed("airlock.toml", "vm.memory = 4\n", "type"), {
    'Change to `"4 GB"`': 'vm.memory = "4 GB"\n',
    'Change to `"4 MB"`': 'vm.memory = "4 MB"\n',
  });
  assert.equal(
    fixed("airlock.toml", 'vm.kvm = "yes"\n', "type")["Change to `true`"],
    "vm.kvm = true\n",
  );
  assert.equal(
    fixed("airlock.toml", "network.policy = 'deny'\n", "value")["Change to `deny-always`"],
    "network.policy = 'deny-always'\n",
  );
  assert.equal(
    fixed("airlock.toml", 'presets = ["debain"]\n', "unknown-preset")["Change to `debian`"],
    'presets = ["debian"]\n',
  );
});

test("a command that grows is given up for one of its own", () => {
  const others = { "airlock.toml": "daemons.web.command = ['a']\n" };
  const text = "[daemons.web]\ncommand = ['b', 'c']\n";
  const found = fixed("airlock.local.toml", text, "list-grows", others);
  assert.equal(
    found["Switch off `daemons.web` and make `daemons.web-local`"],
    "[daemons.web]\nenabled = false\n\n[daemons.web-local]\ncommand = ['b', 'c']\n",
  );
});

test("a switch for an entry that nothing defines is renamed or removed", () => {
  const others = { "airlock.toml": "[network.rules.packages]\nallow = ['a.example']\n" };
  const text = "[network.rules.package]\nenabled = false\n";
  assert.deepEqual(fixed("airlock.local.toml", text, "disables-nothing", others), {
    "Change to `packages`": "[network.rules.packages]\nenabled = false\n",
    "Remove `network.rules.package`": "",
  });
});
