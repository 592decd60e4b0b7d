// Quick fixes in YAML as it is mostly written: lists and tables as blocks, without brackets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDocument } from "yaml";
import { applyEdits } from "#core/language/fixes/edits.ts";
import { fixesFor } from "#core/language/fixes/fixes.ts";
import { load } from "#test/support/configs.ts";
import { languageContext } from "#test/support/language.ts";

type Case = { code: string; title: string; text: string; mended: string; other?: string };

const cases: Record<string, Case> = {
  "hosts of a former version": {
    ...{ code: "removed-key", title: "Replace by `network.rules.allowed-hosts.allow`" },
    text: "network:\n  allowed_hosts:\n    - a.example\n    # why\n    - b.example\n  policy: deny-by-default\n",
    mended:
      "network:\n  policy: deny-by-default\n  rules:\n    allowed-hosts:\n      allow:\n        - a.example\n        # why\n        - b.example\n",
  },
  "hosts as the only key, not indented": {
    ...{ code: "removed-key", title: "Replace by `network.rules.allowed-hosts.allow`" },
    text: "network:\n  allowed_hosts_tls:\n  - a.example\n  - b.example\nvm:\n  cpus: 2\n",
    mended:
      "network:\n  rules:\n    allowed-hosts:\n      allow:\n        - a.example\n        - b.example\nvm:\n  cpus: 2\n",
  },
  "hosts beside rules, without a line break at the end": {
    ...{ code: "removed-key", title: "Replace by `network.rules.tls-passthrough.allow`" },
    text: "network:\n  rules:\n    a:\n      deny:\n        - x.example\n  tls_passthrough:\n    - a.example",
    mended:
      "network:\n  rules:\n    a:\n      deny:\n        - x.example\n    tls-passthrough:\n      allow:\n        - a.example\n      passthrough: true\n",
  },
  "ports of a former version": {
    ...{ code: "removed-key", title: "Replace by `network.ports.host-ports.host`" },
    text: 'network:\n  host_ports:\n    - 80\n    - "81:82"\n',
    mended: 'network:\n  ports:\n    host-ports:\n      host:\n        - 80\n        - "81:82"\n',
  },
  "a block into braces": {
    ...{ code: "removed-key", title: "Replace by `network.rules.allowed-hosts.allow`" },
    text: "network:\n  allowed_hosts:\n    - a.example\n  rules: {}\n",
    mended: 'network:\n  rules: { allowed-hosts: { allow: ["a.example"] } }\n',
  },
  "the section of caches": {
    ...{ code: "removed-key", title: "Replace by `disk.cache`" },
    text: "cache:\n  c:\n    paths:\n      - /x\n    enabled: true\nvm:\n  cpus: 2\n",
    mended:
      "vm:\n  cpus: 2\ndisk:\n  cache:\n    c:\n      paths:\n        - /x\n      enabled: true\n",
  },
  "the section of caches beside a disk, deeply indented": {
    ...{ code: "removed-key", title: "Replace by `disk.cache`" },
    text: "cache:\n    c:\n        paths: [/x]\ndisk:\n    size: 4 GB\n",
    mended: "disk:\n    size: 4 GB\n    cache:\n      c:\n          paths: [/x]\n",
  },
  "presets in a section": {
    ...{ code: "unknown-key", title: "Move to `presets`" },
    text: "vm:\n  presets:\n    - debian\n    - nodejs\n  cpus: 2\n",
    mended: "vm:\n  cpus: 2\npresets:\n  - debian\n  - nodejs\n",
  },
  "a table in the wrong section": {
    ...{ code: "unknown-key", title: "Move to `network.rules`" },
    text: "rules:\n  a:\n    allow:\n      - a.example\nnetwork:\n  policy: deny-by-default\n",
    mended:
      "network:\n  policy: deny-by-default\n  rules:\n    a:\n      allow:\n        - a.example\n",
  },
  "a key for a section that is still empty": {
    ...{ code: "unknown-key", title: "Move to `network.policy`" },
    text: "network: # later\nvm:\n  policy: deny-always\n",
    mended: "network: # later\n  policy: deny-always\nvm:\n",
  },
  "a command that grows": {
    ...{ code: "list-grows", title: "Switch off `daemons.d` and make `daemons.d-local`" },
    other: 'daemons.d.command = ["a"]\n',
    text: "daemons:\n  d:\n    command:\n      - b\n      - --flag\nvm:\n  cpus: 2\n",
    mended:
      "daemons:\n  d:\n    enabled: false\n  d-local:\n    command:\n      - b\n      - --flag\nvm:\n  cpus: 2\n",
  },
  "a missing key": {
    ...{ code: "missing", title: "Add `paths`" },
    text: "mask:\n  m:\n    enabled: true\n\nvm:\n  cpus: 2\n",
    mended: "mask:\n  m:\n    enabled: true\n    paths: []\n\nvm:\n  cpus: 2\n",
  },
  "one text for a list, of several words": {
    ...{ code: "type", title: 'Change to `["a, b"]`' },
    text: "mask:\n  m:\n    paths: a, b\n",
    mended: 'mask:\n  m:\n    paths: ["a, b"]\n',
  },
  "one long text for a list": {
    ...{ code: "type", title: 'Change to `["a\\nb\\n"]`' },
    text: "mask:\n  m:\n    paths: |\n      a\n      b\nvm:\n  cpus: 2\n",
    mended: 'mask:\n  m:\n    paths: ["a\\nb\\n"]\nvm:\n  cpus: 2\n',
  },
  "a misspelt key with a block": {
    ...{ code: "unknown-key", title: "Remove `network.rules.a.alow`" },
    text: "network:\n  rules:\n    a:\n      alow:\n        - a.example\n        - b.example\n      deny:\n        - c.example\n",
    mended: "network:\n  rules:\n    a:\n      deny:\n        - c.example\n",
  },
};

for (const [name, { code, title, text, mended, other = "" }] of Object.entries(cases)) {
  test(`${name}: ${title}`, () => {
    const path = "airlock.local.yaml";
    const context = languageContext(path, text, { "airlock.toml": other });
    const found = context.result?.diagnostics.find((each) => each.code === code);
    assert.ok(found, JSON.stringify(context.result?.diagnostics));
    const { start, end } = found.range;
    const span = { start: offsetOf(text, start), end: offsetOf(text, end) };
    const fix = fixesFor(context, { ...found, span }).find((each) => each.title === title);
    assert.ok(fix, title);
    assert.equal(applyEdits(text, fix.edits), mended);
    assert.deepEqual(parseDocument(mended).errors, []);
    const { diagnostics } = load({ "airlock.toml": other, [path]: mended });
    assert.deepEqual(diagnostics, []);
  });
}

function offsetOf(text: string, { line, column }: { line: number; column: number }): number {
  const before = text.split("\n").slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, column - 1);
}
