import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { loadSettings } from "#core/config/settings.ts";

test("without a file everything has its default", () => {
  assert.deepEqual(loadSettings(undefined).settings, {
    vault: { storage: "keyring" },
    monitor: { buffers: { http: 100, tcp: 100, scrollback: 1000 }, keys: {} },
    images: { max_size: 20 * 2 ** 30 },
    registries: {},
  });
});

test("storage is read from every format", () => {
  for (const [path, text, storage] of [
    ["settings.toml", 'vault.storage = "file"', "file"],
    ["settings.json", '{"vault": {"storage": "keyring"}}', "keyring"],
    ["settings.yml", "vault: {storage: disabled}", "disabled"],
    ["settings.yaml", "vault: {storage: encrypted-file}", "encrypted-file"],
  ] as const) {
    assert.equal(loadSettings({ path, text }).settings?.vault.storage, storage);
  }
});

test("settings of features that do not exist yet are named with their places", () => {
  const text = 'vault.storage = "file"\n[monitor.buffers]\nhttp = 5\n[images]\nmax_size = "1 GB"\n';
  const { notActive } = loadSettings({ path: "settings.toml", text });
  assert.deepEqual(
    notActive.map(({ keyPath, path, range: { start } }) => `${path}:${start.line} ${keyPath}`),
    ["settings.toml:1 vault.storage", "settings.toml:2 monitor.buffers"],
  );
});

test("malformed files and wrong values are errors with their places", () => {
  const text = '[vault]\nstorage = "typo"\n[monitor.buffers]\nhttp = -1\nscrollback = 65536';
  const { settings, diagnostics } = loadSettings({ path: "settings.toml", text });
  assert.equal(settings, undefined);
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    'settings.toml:2:11: error: `vault.storage`: unknown value "typo", expected one of `keyring`, `encrypted-file`, `file`, `disabled`',
    "settings.toml:4:8: error: `monitor.buffers.http`: expected a whole number, 0 or more",
    "settings.toml:5:14: error: `monitor.buffers.scrollback`: expected a whole number from 0 to 65535",
  ]);
  assert.equal(loadSettings({ path: "settings.toml", text: "x = [" }).settings, undefined);
  assert.equal(loadSettings({ path: "settings.json", text: "[]" }).settings, undefined);
});

test("keys of the monitor are a text or a list of texts", () => {
  const text = 'monitor.keys = {back = "q", cancel = ["esc", "x"], confirm = []}';
  assert.deepEqual(loadSettings({ path: "settings.toml", text }).settings?.monitor.keys, {
    ...{ back: ["q"], cancel: ["esc", "x"], confirm: [] },
  });
  const wrong = loadSettings({ path: "settings.toml", text: "monitor.keys.back = {a = 1}" });
  assert.equal(wrong.settings, undefined);
});

test("registries have mirrors, plain HTTP and a certificate authority", () => {
  const text = `[registries."images.example:5000"]
mirrors = ["mirror.example", "http://10.0.0.1:5000/team"]
insecure = true
ca = "~/ca.pem"
[registries.other]`;
  const other = { mirrors: [], insecure: false };
  assert.deepEqual(loadSettings({ path: "settings.toml", text }).settings?.registries, {
    "images.example:5000": {
      mirrors: ["mirror.example", "http://10.0.0.1:5000/team"],
      insecure: true,
      ca: "~/ca.pem",
    },
    other,
  });
  const wrong = loadSettings({ path: "s.toml", text: 'registries.a.mirrors = ["ftp://x"]' });
  assert.match(wrong.diagnostics.map(formatDiagnostic).join(), /expected a mirror/);
});

test("unknown and former keys are warnings", () => {
  const { settings, diagnostics } = loadSettings({
    ...{ path: "settings.toml", text: "vault_enabled = false\n[vaul]\n" },
  });
  assert.ok(settings);
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    "settings.toml:1:1: warning: `vault_enabled` has no effect any more; use `vault.storage`",
    "settings.toml:2:2: warning: unknown key `vaul` has no effect; did you mean `vault`?",
  ]);
});
