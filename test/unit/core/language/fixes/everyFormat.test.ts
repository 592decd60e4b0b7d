// Every kind of problem in TOML, JSON and YAML: its code, its place, and that its fixes mend it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lines } from "#core/config/formats/lines.ts";
import type { Diagnostic, HostFacts } from "#core/config/types.ts";
import { applyEdits } from "#core/language/fixes/edits.ts";
import { fixesFor } from "#core/language/fixes/fixes.ts";
import { load } from "#test/support/configs.ts";
import { languageContext } from "#test/support/language.ts";

type Case = {
  name: string;
  code: string;
  /** The text in each format, with the place of the problem between `«` and `»`. */
  toml: string;
  json: string;
  yaml: string;
  /** Titles of the fixes; each of them makes the problem go away. */
  fixes: string[];
  /** Another file of the project, as TOML, that takes part. */
  other?: string;
  host?: Partial<HostFacts>;
};

const cases: Case[] = [
  {
    ...{ name: "an unknown key", code: "unknown-key" },
    toml: "[vm]\n«cpu» = 2\n",
    json: '{"vm": {«"cpu"»: 2}}',
    yaml: "vm:\n  «cpu»: 2\n",
    fixes: ["Change to `cpus`", "Remove `vm.cpu`"],
  },
  {
    ...{ name: "a key of another section", code: "unknown-key" },
    toml: '[vm]\n«policy» = "deny-always"\n',
    json: '{"vm": {«"policy"»: "deny-always"}}',
    yaml: "vm:\n  «policy»: deny-always\n",
    fixes: ["Move to `network.policy`", "Remove `vm.policy`"],
  },
  {
    ...{ name: "a key of a former version", code: "removed-key" },
    toml: "«nested_virtualization» = true\n",
    json: '{«"nested_virtualization"»: true}',
    yaml: "«nested_virtualization»: true\n",
    fixes: ["Replace by `vm.kvm`", "Remove `nested_virtualization`"],
  },
  {
    ...{ name: "a socket in two keys", code: "removed-key" },
    toml: '[network.sockets.s]\nhost = "/a"\n«guest» = "/b"\n',
    json: '{"network": {"sockets": {"s": {"host": "/a", «"guest"»: "/b"}}}}',
    yaml: "network:\n  sockets:\n    s:\n      host: /a\n      «guest»: /b\n",
    fixes: ["Replace by `network.sockets.s.host`", "Remove `network.sockets.s.guest`"],
  },
  {
    ...{ name: "targets whose TLS is left alone", code: "removed-key" },
    toml: '[network]\n«tls_passthrough» = ["a.example"]\n',
    json: '{"network": {«"tls_passthrough"»: ["a.example"]}}',
    yaml: 'network:\n  «tls_passthrough»: ["a.example"]\n',
    fixes: ["Replace by `network.rules.tls-passthrough.allow`", "Remove `network.tls_passthrough`"],
  },
  {
    ...{ name: "the section of caches", code: "removed-key" },
    toml: '«cache» = { c = { paths = ["/x"] } }\n',
    json: '{«"cache"»: {"c": {"paths": ["/x"]}}}',
    yaml: '«cache»: { c: { paths: ["/x"] } }\n',
    fixes: ["Replace by `disk.cache`", "Remove `cache`"],
  },
  {
    ...{ name: "a word for a boolean", code: "type" },
    toml: 'vm.kvm = «"yes"»\n',
    json: '{"vm": {"kvm": «"yes"»}}',
    yaml: 'vm:\n  kvm: «"yes"»\n',
    fixes: ["Change to `true`"],
  },
  {
    ...{ name: "a size without a unit", code: "type" },
    toml: "disk.size = «20»\n",
    json: '{"disk": {"size": «20»}}',
    yaml: "disk:\n  size: «20»\n",
    fixes: ['Change to `"20 GB"`', 'Change to `"20 MB"`'],
  },
  {
    ...{ name: "one text for a list", code: "type" },
    toml: 'mask.m.paths = «"a"»\n',
    json: '{"mask": {"m": {"paths": «"a"»}}}',
    yaml: 'mask:\n  m:\n    paths: «"a"»\n',
    fixes: ['Change to `["a"]`'],
  },
  {
    ...{ name: "a value that is none of the choices", code: "value" },
    toml: 'network.policy = «"deny"»\n',
    json: '{"network": {"policy": «"deny"»}}',
    yaml: 'network:\n  policy: «"deny"»\n',
    fixes: ["Change to `deny-always`"],
  },
  {
    ...{ name: "a choice of a former version", code: "value" },
    toml: 'mounts.m = { source = "a", target = "/a", missing = «"create"» }\n',
    json: '{"mounts": {"m": {"source": "a", "target": "/a", "missing": «"create"»}}}',
    yaml: "mounts:\n  m:\n    source: a\n    target: /a\n    missing: «create»\n",
    fixes: ["Change to `create-dir`"],
  },
  {
    ...{ name: "more CPUs than there are", code: "host" },
    toml: "vm.cpus = «99»\n",
    json: '{"vm": {"cpus": «99»}}',
    yaml: "vm:\n  cpus: «99»\n",
    fixes: ["Change to `8`"],
  },
  {
    ...{ name: "more memory than there is", code: "host" },
    toml: 'vm.memory = «"99 GB"»\n',
    json: '{"vm": {"memory": «"99 GB"»}}',
    yaml: "vm:\n  memory: «99 GB»\n",
    fixes: ["Change to `16 GiB`"],
  },
  {
    ...{ name: "less memory than a machine needs", code: "value" },
    toml: "vm.memory = «'1 MB'»\n",
    json: '{"vm": {"memory": «"1 MB"»}}',
    yaml: "vm:\n  memory: «'1 MB'»\n",
    fixes: ["Change to `512 MB`"],
  },
  {
    ...{ name: "nested virtualisation on a Mac", code: "host", host: { platform: "darwin" } },
    toml: "[vm]\nkvm = «true»\n",
    json: '{"vm": {"kvm": «true»}}',
    yaml: "vm:\n  kvm: «true»\n",
    fixes: ["Remove `vm.kvm`"],
  },
  {
    ...{ name: "an unknown preset", code: "unknown-preset" },
    toml: 'presets = [«"debain"»]\n',
    json: '{"presets": [«"debain"»]}',
    yaml: "presets:\n  - «debain»\n",
    fixes: ["Change to `debian`", "Remove `presets[0]`"],
  },
  {
    ...{ name: "a preset like no other", code: "unknown-preset" },
    toml: 'presets = ["debian", «"of-my-own"»]\n',
    json: '{"presets": ["debian", «"of-my-own"»]}',
    yaml: "presets:\n  - debian\n  - «of-my-own»\n",
    fixes: ["Remove `presets[1]`"],
  },
  {
    ...{ name: "no CPU at all", code: "value" },
    toml: "vm.cpus = «0»\n",
    json: '{"vm": {"cpus": «0»}}',
    yaml: "vm:\n  cpus: «0»\n",
    fixes: ["Change to `1`"],
  },
  {
    ...{ name: "half a CPU", code: "type" },
    toml: "vm.cpus = «2.5»\n",
    json: '{"vm": {"cpus": «2.5»}}',
    yaml: "vm:\n  cpus: «2.5»\n",
    fixes: ["Change to `2`"],
  },
  {
    ...{ name: "a target with the prefix of a former version", code: "value" },
    toml: 'network.rules.a.allow = [«"http:a.example:80"»]\n',
    json: '{"network": {"rules": {"a": {"allow": [«"http:a.example:80"»]}}}}',
    yaml: "network:\n  rules:\n    a:\n      allow:\n        - «http:a.example:80»\n",
    fixes: ['Change to `"a.example:80"`'],
  },
  {
    ...{ name: "an address of a web page for a target", code: "value" },
    toml: 'network.rules.a.allow = [«"https://a.example/x:y"»]\n',
    json: '{"network": {"rules": {"a": {"allow": [«"https://a.example/x:y"»]}}}}',
    yaml: "network:\n  rules:\n    a:\n      allow: [«'https://a.example/x:y'»]\n",
    fixes: ['Change to `"a.example"`'],
  },
  {
    ...{ name: "a missing key", code: "missing" },
    toml: "[mask.«m»]\n",
    json: '{"mask": {«"m"»: {}}}',
    yaml: "mask:\n  «m»:\n    enabled: true\n",
    fixes: ["Add `paths`"],
  },
  {
    ...{ name: "a port that is taken", code: "clash" },
    toml: "[network.ports]\na.guest = [80]\nb.guest = [«80»]\n",
    json: '{"network": {"ports": {"a": {"guest": [80]}, "b": {"guest": [«80»]}}}}',
    yaml: "network:\n  ports:\n    a:\n      guest: [80]\n    b:\n      guest: [«80»]\n",
    fixes: ["Switch off `network.ports.b`"],
  },
  {
    ...{ name: "a mount's target in two files", code: "clash" },
    other: '[mounts.a]\nsource = "a"\ntarget = "/x"\n',
    toml: '[mounts.b]\nsource = "b"\ntarget = «"/x"»\n',
    json: '{"mounts": {"b": {"source": "b", "target": «"/x"»}}}',
    yaml: "mounts:\n  b:\n    source: b\n    target: «/x»\n",
    fixes: ["Switch off `mounts.b`"],
  },
  {
    ...{ name: "a command that grows", code: "list-grows" },
    other: 'daemons.d.command = ["a"]\n',
    toml: '[daemons.d]\ncommand = «["b"]»\n',
    json: '{"daemons": {"d": {"command": «["b"]»}}}',
    yaml: "daemons:\n  d:\n    command: «[b]»\n",
    fixes: ["Switch off `daemons.d` and make `daemons.d-local`"],
  },
  {
    ...{ name: "a switch for nothing", code: "disables-nothing" },
    other: 'network.rules.web.allow = ["a.example"]\n',
    toml: "[network.rules.«wbe»]\nenabled = false\n",
    json: '{"network": {"rules": {«"wbe"»: {"enabled": false}}}}',
    yaml: "network:\n  rules:\n    «wbe»:\n      enabled: false\n",
    fixes: ["Change to `web`", "Remove `network.rules.wbe`"],
  },
  {
    ...{ name: "a target that is allowed and denied", code: "contradiction" },
    other: 'network.policy = "deny-by-default"\nnetwork.rules.no.deny = ["a.example"]\n',
    toml: '[network.rules.yes]\nallow = [\n  «"a.example"», # why\n  "b.example",\n]\n',
    json: '{"network": {"rules": {"yes": {"allow": [«"a.example"», "b.example"]}}}}',
    yaml: "network:\n  rules:\n    yes:\n      allow:\n        - «a.example»\n        - b.example\n",
    fixes: ["Remove `network.rules.yes.allow[0]`"],
  },
  {
    ...{ name: "a target under a wider denial", code: "never-matches" },
    other: 'network.policy = "deny-by-default"\nnetwork.rules.no.deny = ["**.example"]\n',
    toml: '[network.rules.yes]\nallow = ["b.test", «"a.example:443"»]\n',
    json: '{"network": {"rules": {"yes": {"allow": ["b.test", «"a.example:443"»]}}}}',
    yaml: "network:\n  rules:\n    yes:\n      allow: [b.test, «a.example:443»]\n",
    fixes: ["Remove `network.rules.yes.allow[1]`"],
  },
  {
    ...{ name: "an element that is there twice", code: "duplicate-entry" },
    toml: 'presets = ["debian", "nodejs", «"debian"»]\n',
    json: '{"presets": ["debian", "nodejs", «"debian"»]}',
    yaml: "presets:\n  - debian\n  - nodejs\n  - «debian»\n",
    fixes: ["Remove `presets[2]`"],
  },
];

for (const each of cases) {
  for (const format of ["toml", "json", "yaml"] as const) {
    test(`${each.name}, in ${format}, is found at its place and mended`, () => {
      const path = `airlock.local.${format}`;
      const { text, start, end } = unmarked(each[format]);
      const found = problem(path, text, each);
      assert.deepEqual(found?.range, lines(text).range(start, end));
      const context = languageContext(path, text, { "airlock.toml": each.other ?? "" });
      const fixes = fixesFor(context, { ...found, span: { start, end } });
      assert.deepEqual(
        fixes.map(({ title }) => title),
        each.fixes,
      );
      for (const { title, edits } of fixes) {
        const mended = applyEdits(text, edits);
        assert.equal(problem(path, mended, each), undefined, `${title}: ${mended}`);
        const others = load({ "airlock.toml": each.other ?? "", [path]: mended });
        const broken = others.diagnostics.filter(({ code }) => code === "syntax");
        assert.deepEqual(broken, [], `${title}: ${mended}`);
      }
    });
  }
}

function problem(path: string, text: string, { code, other, host }: Case): Diagnostic | undefined {
  const files = { "airlock.toml": other ?? "", [path]: text };
  const { diagnostics } = load(files, host === undefined ? {} : { host });
  return diagnostics.find((each) => each.code === code && each.path === path);
}

function unmarked(marked: string): { text: string; start: number; end: number } {
  const start = marked.indexOf("«");
  return { text: marked.replace(/[«»]/g, ""), start, end: marked.indexOf("»") - 1 };
}
