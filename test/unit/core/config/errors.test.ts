import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lines, load } from "#test/support/configs.ts";

/** Trees of configuration files with mistakes in all of them, and what a user is told. */
const trees: Record<string, Record<string, string>> = {
  "a typical file with several mistakes": {
    "airlock.toml": `presets = ["debian", "nodjs"]

[vm]
image = { name = "alpine:3", resolution = "local" }
cpus = 0
memory = "256 MB"
hardened = false

[network]
policy = "deny"

[network.rules.api]
allow = ["api.example.com:https", "*.example.*"]

[mounts.home]
source = "~/data"

[env]
TOKEN = "\${TOKEN:-}"
BROKEN = "\${"
`,
  },
  "mistakes that only the merge of several files makes": {
    "~/.airlock/config.yaml": "mounts:\n  data:\n    source: ~/data\n    target: /data\n",
    "airlock.toml": `[network.ports.web]
guest = [8080]

[mounts.cache]
source = "cache"
target = "/data/"

[daemons.db]
command = ["postgres"]
`,
    "airlock.local.json": `{
  "network": { "ports": { "other": { "guest": ["8080:80"] } } },
  "daemons": { "db": { "signal": "SIGTREM", "comand": [] } },
  "vm": { "cpus": "many" }
}
`,
  },
  "a file that does not parse beside files with mistakes": {
    "~/.airlock.toml": 'vm.memory = "99 GB"\n',
    "airlock.toml": '[mounts.a]\nsource = "x\ntarget = "/x"\n',
    "airlock.local.yml": "mounts: {a: {read_only: maybe}}\n",
  },
  "keys of former versions": {
    "airlock.toml": `nested_virtualization = true

[network]
default_mode = "deny"
host_ports = [8080]

[[network.rules]]
name = "a"
allow = ["http:example.com:80"]
`,
  },
};

test("errors of whole trees are rendered as on the page", () => {
  const actual = Object.entries(trees)
    .map(([title, files]) => `# ${title}\n${lines(load(files)).join("\n")}\n`)
    .join("\n");
  const path = join(import.meta.dirname, "errors.golden.txt");
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
});
