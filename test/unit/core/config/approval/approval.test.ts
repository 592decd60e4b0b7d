// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { isCovered, rememberedPart } from "#core/config/approval/compare.ts";
import {
  canonicalJson,
  type PathFacts,
  type PrivilegedPart,
  privilegedPart,
} from "#core/config/approval/privileged.ts";
import { partDiff, partText } from "#core/config/approval/render.ts";
import { configOf, load } from "#test/support/configs.ts";

const presets = { tool: '[env]\nTOKEN = "${TOOL_TOKEN}"\n' };

const paths = {
  projectDir: "/p",
  resolve: (path: string) =>
    path.startsWith("~") ? `/home/u${path.slice(1)}` : resolve("/p", path),
  isGuestWritable: () => false,
  contents: new Map<string, string>(),
};

function partOf(
  files: Record<string, string> | string,
  facts: Partial<PathFacts> = {},
): PrivilegedPart {
  const tree = typeof files === "string" ? { "airlock.toml": files } : files;
  const result = load(tree, { presets });
  return privilegedPart(configOf(result), result.provenance, { ...paths, ...facts });
}

function textOf(files: Record<string, string> | string): string {
  return partText(partOf(files));
}

const everything = `presets = ["tool"]
[vm]
image = { name = "oci:/images/x", insecure = true }
kvm = true
harden = false
kernel = "~/vmlinux"
initramfs = "boot/initramfs"
[env]
PLAIN = "x\\\\$"
USER = "\${USER:nobody}"
[mounts.ssh]
source = "~/.ssh"
target = "/root/.ssh"
read_only = true
[mounts.made]
source = "/var/lib/x"
target = "/x"
missing = "create-file"
file_content = "a"
[mounts.inside]
source = "data"
target = "/data"
[mounts.off]
enabled = false
source = "/"
target = "/host"
[network]
policy = "deny-by-default"
[network.rules.api]
allow = ["b.example", "a.example"]
deny = ["c.example"]
passthrough = true
[network.rules.off]
enabled = false
allow = ["*"]
[network.ports.web]
host = [5432]
guest = ["8080:80"]
[network.sockets.docker]
host = "/var/run/docker.sock"
[network.middleware.auth]
target = ["m.example"]
env.TOKEN = "$TOKEN"
script = '''
req:setHeader("A", env.TOKEN)
'''
[daemons.db]
command = ["postgres"]
harden = false
env.PASSWORD = "$DB_PASSWORD"
[mask.secrets]
paths = [".env"]
`;

test("the privileged part of a configuration with everything is as on the page", () => {
  const path = join(import.meta.dirname, "privileged.golden.txt");
  const actual = textOf(everything);
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
});

test("an ordinary configuration has no privileged part", () => {
  const ordinary =
    '[vm]\nimage = "embedded:base"\ncpus = 2\n[disk]\nsize = "2 GB"\n[env]\nA = "b"\n[mounts.m]\nsource = "data"\ntarget = "/data"\n[network.rules.r]\nallow = ["a.example"]\n[daemons.d]\ncommand = ["x"]\n';
  assert.deepEqual(partOf(ordinary), []);
  assert.equal(isCovered([], []), true);
});

test("the state directory is not the project's, though it lies in it", () => {
  assert.match(textOf('[mounts.m]\nsource = ".airlock"\ntarget = "/s"\n'), /^mounts\.m = /);
});

test("a mount of the project that would show what is hidden is asked about", () => {
  const mount = (source: string) =>
    textOf(`[mounts.m]\nsource = "${source}"\ntarget = "/s"\n[mask.k]\npaths = ["keys/private"]\n`);
  for (const source of [".", "./", "keys", "keys/private", "keys/private/id", ".airlock"]) {
    assert.match(mount(source), /^mounts\.m = /m, source);
  }
  for (const source of ["data", "keys/public"]) assert.doesNotMatch(mount(source), /mounts/);
});

test("a kernel in the project is approved with its content", () => {
  const config = 'vm.kernel = "vmlinux"\nvm.initramfs = "/boot/initramfs"\n';
  const part = (sha256: string) => partOf(config, { contents: new Map([["/p/vmlinux", sha256]]) });
  assert.deepEqual(
    part("aa").map(({ value }) => value),
    ["/boot/initramfs", { path: "/p/vmlinux", sha256: "aa" }],
  );
  assert.equal(isCovered(part("aa"), part("aa")), true);
  assert.equal(isCovered(part("bb"), part("aa")), false);
});

test("passthrough counts wherever anything gets out, and each of its targets", () => {
  const rule = (policy: string, allow: string) =>
    partOf(
      `network.policy = "${policy}"\n[network.rules.r]\npassthrough = true\nallow = ${allow}\n`,
    );
  for (const policy of ["allow-always", "allow-by-default", "deny-by-default"]) {
    const approved = rule(policy, '["a.example"]');
    assert.equal(isCovered(approved, []), false);
    assert.equal(isCovered(rule(policy, "[]"), approved), true);
    assert.equal(isCovered(rule(policy, '["a.example", "*"]'), approved), false);
  }
  assert.equal(isCovered(rule("deny-always", '["*"]'), []), true);
});

test("middleware cannot be taken away or switched off without a question", () => {
  const script = 'script = "req:deny()"\ntarget = ["*"]\n';
  const project = partOf(`[network.middleware.m]\n${script}`);
  assert.equal(isCovered(project, project), true);
  assert.equal(isCovered([], project), false);
  assert.equal(
    isCovered(partOf(`[network.middleware.m]\nenabled = false\n${script}`), project),
    false,
  );
  assert.equal(partText(project).split("\n").length, 2);
  const user = { "~/.airlock.toml": `[network.middleware.m]\n${script}` };
  assert.deepEqual(partOf(user), []);
  assert.deepEqual(partOf({ ...user, "airlock.toml": "network.middleware.m.enabled = false\n" }), [
    { kind: "grant", keyPath: "network.middleware.m.enabled", value: false },
  ]);
});

test("what only the user's own files say is not asked about; what a project adds to it is", () => {
  const user = {
    "~/.airlock.toml":
      'presets = ["tool"]\nvm.kvm = true\n[mounts.m]\nsource = "/data"\ntarget = "/data"\n[mounts.off]\nenabled = false\nsource = "/"\ntarget = "/h"\n',
  };
  assert.equal(textOf(user), "");
  assert.match(
    textOf({ ...user, "airlock.toml": "[mounts.m]\nread_only = true\n" }),
    /^mounts\.m = /,
  );
  assert.match(
    textOf({ ...user, "airlock.toml": "mounts.off.enabled = true\n" }),
    /^mounts\.off = /,
  );
  const rules = {
    "~/.airlock.toml":
      'network.policy = "deny-by-default"\n[network.rules.r]\nallow = ["a.example"]\n',
    "airlock.local.toml": '[network.rules.r]\nallow = ["b.example"]\n',
  };
  assert.equal(
    textOf(rules),
    'network.policy = "deny-by-default"\nnetwork.rules.r.allow = "b.example"\n',
  );
});

test("a file of the user's that the guest can write is no more trusted than the project's", () => {
  const files = {
    "~/.airlock/config.toml": 'vm.kvm = true\npresets = ["tool"]\n',
    "~/.airlock.toml": "vm.harden = false\n",
  };
  const isGuestWritable = (path: string) => path === "~/.airlock/config.toml";
  assert.deepEqual(
    partOf(files, { isGuestWritable }).map(({ keyPath }) => keyPath),
    ["env.TOKEN", "vm.kvm"],
  );
});

test("a project that lifts a limit of the user's own files is asked about", () => {
  const user = {
    "~/.airlock.toml": 'network.policy = "deny-by-default"\n[mask.keys]\npaths = ["keys"]\n',
  };
  const lifted = partOf({
    ...user,
    "airlock.toml": 'network.policy = "allow-always"\nmask.keys.enabled = false\n',
  });
  assert.deepEqual(
    lifted.map(({ kind, keyPath }) => [kind, keyPath]),
    [
      ["grant", "mask.keys.enabled"],
      ["grant", "network.policy"],
    ],
  );
  assert.equal(isCovered(lifted, []), false);
  assert.equal(isCovered(partOf(user), []), true);
});

test("only more than was approved needs a question", () => {
  const one = partOf('[mounts.a]\nsource = "/a"\ntarget = "/a"\n');
  const two = partOf(
    '[mounts.b]\nsource = "/b"\ntarget = "/b"\n[mounts.a]\nsource = "/a"\ntarget = "/a"\n',
  );
  const writable = partOf('[mounts.a]\nsource = "/a"\ntarget = "/a"\nread_only = true\n');
  assert.equal(isCovered(one, []), false);
  assert.equal(isCovered(one, two), true);
  assert.equal(isCovered(two, one), false);
  assert.equal(isCovered(writable, one), false);
  assert.equal(isCovered([], two), true);
});

test("limits may be added without a question, but not lost", () => {
  const policy = (name: string) => partOf(`network.policy = "${name}"\n`);
  assert.equal(isCovered(policy("deny-by-default"), []), true);
  assert.equal(isCovered(policy("allow-by-default"), policy("deny-by-default")), false);
  assert.equal(isCovered(policy("deny-always"), policy("deny-by-default")), true);
  assert.equal(isCovered([], policy("deny-by-default")), false);
  const mask = (path: string) => partOf(`[mask.m]\npaths = ["${path}"]\n`);
  const remembered = rememberedPart(mask(".env"), policy("deny-always"));
  assert.deepEqual(remembered, mask(".env"));
  assert.equal(isCovered(mask("other"), remembered), false);
});

test("the canonical form knows no order of files, tables or lists", () => {
  const a = partOf(
    'network.policy = "deny-by-default"\n[network.rules.b]\nallow = ["1.example", "2.example"]\n[network.rules.a]\nallow = ["x"]\n',
  );
  const b = partOf({
    "airlock.yaml": "network: {rules: {a: {allow: [x]}, b: {allow: [2.example]}}}\n",
    "airlock.local.json":
      '{"network": {"rules": {"b": {"allow": ["1.example"]}}, "policy": "deny-by-default"}}',
  });
  assert.equal(canonicalJson(a), canonicalJson(b));
});

test("a diff has what stays, goes and comes", () => {
  const before = partOf('vm.kvm = true\n[mounts.a]\nsource = "/a"\ntarget = "/a"\n');
  const after = partOf('vm.kvm = true\n[mounts.a]\nsource = "/b"\ntarget = "/a"\n');
  assert.equal(
    partDiff(before, after),
    `--- approved
+++ configuration
@@ -1,2 +1,2 @@
-mounts.a = { source = "/a", target = "/a", read_only = false }
+mounts.a = { source = "/b", target = "/a", read_only = false }
 vm.kvm = true
`,
  );
  assert.match(partDiff([], after), /^@@ -0,0 \+1,2 @@$/m);
});

test("characters that could hide something are shown as what they are", () => {
  const hidden = '[network.middleware."a\u202eb"]\nscript = "x\\u200by\\u001b[2K\\r\\n-- z"\n';
  const text = textOf(hidden);
  for (const each of ["\u202e", "\u200b", "\u001b", "\r"]) assert.ok(!text.includes(each));
  assert.match(text, /a\\u\{202e\}b/);
  assert.match(text, /x\\u\{200b\}y\\u\{1b\}\[2K\\u\{d\}\n-- z/);
});
