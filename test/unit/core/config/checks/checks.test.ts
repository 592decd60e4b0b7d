// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePortMapping } from "#core/config/fields/ports.ts";
import { parseSocketMapping } from "#core/config/fields/sockets.ts";
import { findings, lines, load, loadToml } from "#test/support/configs.ts";

test("memory below 512 MB and above the host's is an error at the value", () => {
  assert.deepEqual(findings('[vm]\nmemory = "511 MB"'), [
    "airlock.toml:2:10: error: `vm.memory`: 511 MiB is less than the minimum of 512 MB",
  ]);
  assert.deepEqual(findings('vm.memory = "17 GB"'), [
    "airlock.toml:1:13: error: `vm.memory`: 17 GiB is more than this host has (16.0 GiB)",
  ]);
  for (const size of ["512 MB", "16 GB"]) assert.deepEqual(findings(`vm.memory = "${size}"`), []);
});

test("more CPUs than the host has is an error at the value that wins", () => {
  const result = load(
    { "airlock.toml": "vm.cpus = 1", "airlock.local.toml": "\n[vm]\ncpus = 5" },
    { host: { cpus: 4 } },
  );
  assert.deepEqual(lines(result), [
    "airlock.local.toml:3:8: error: `vm.cpus`: 5 is more than the 4 CPUs of this host",
  ]);
  assert.deepEqual(findings("vm.cpus = 4", { host: { cpus: 4 } }), []);
});

test("a sandbox takes 128 CPUs, however many the host has", () => {
  const host = { cpus: 192 };
  assert.deepEqual(findings("vm.cpus = 129", { host }), [
    "airlock.toml:1:11: error: `vm.cpus`: 129 is more than the 128 CPUs that a sandbox's kernel takes",
  ]);
  assert.equal(loadToml("vm.cpus = 128", { host }).vm.cpus, 128);
  assert.equal(loadToml("", { host }).vm.cpus, 128);
});

test("nested virtualisation is only supported on Linux", () => {
  assert.deepEqual(findings("vm.kvm = true", { host: { platform: "darwin" } }), [
    "airlock.toml:1:10: error: `vm.kvm`: nested virtualisation is only supported on Linux",
  ]);
  assert.deepEqual(findings("vm.kvm = true", { host: { platform: "linux" } }), []);
  assert.deepEqual(findings("vm.kvm = false", { host: { platform: "darwin" } }), []);
});

test("mask paths stay inside the project; masks that are off may be unfinished", () => {
  const text = '[mask.m]\npaths = ["ok/x", "", "/a", "~/a", "a/../b", "..", "a..b", "./x"]';
  assert.deepEqual(
    findings(text).map((line) => line.replace(/^airlock\.toml:2:\d+: error: /, "")),
    [
      "`mask.m.paths[1]`: the path of a mask cannot be empty",
      "`mask.m.paths[2]`: the path of a mask is relative to the project: it cannot begin with `/`",
      "`mask.m.paths[3]`: the path of a mask is relative to the project: it cannot begin with `~`",
      "`mask.m.paths[4]`: the path of a mask cannot contain `..`",
      "`mask.m.paths[5]`: the path of a mask cannot contain `..`",
    ],
  );
  assert.deepEqual(findings('mask.m = {enabled = false, paths = ["/a"]}'), []);
});

test("names that become files cannot be paths", () => {
  const text = [
    'mask."a/b".paths = []',
    'daemons."..".command = ["x"]',
    'disk.cache."".paths = []',
    '[mounts."a\\nb"]\nsource = "x"\ntarget = "/x"',
  ].join("\n");
  assert.deepEqual(
    findings(text).map((line) => /error: (`.*?`): .* cannot be used as a name/.exec(line)?.[1]),
    ['`mask."a/b"`', '`daemons.".."`', '`disk.cache.""`', '`mounts."a\\nb"`'],
  );
  assert.deepEqual(findings('mask."My files (2)".paths = []\nmask.".git".paths = []'), []);
});

test("templates are checked at load where they are in force", () => {
  const text = [
    'env.A = "${"',
    '[daemons.d]\ncommand = ["x"]\nenv.B = "\\\\x"',
    '[network.middleware.m]\nscript = ""\nenv.C = "a$"',
    '[daemons.off]\nenabled = false\ncommand = ["x"]\nenv.D = "$"',
  ].join("\n");
  assert.deepEqual(
    findings(text).map((line) => /^airlock.toml:(.*): error: `(.*?)`: /.exec(line)?.slice(1)),
    [
      ["1:11", "env.A"],
      ["4:10", "daemons.d.env.B"],
      ["7:11", "network.middleware.m.env.C"],
    ],
  );
});

test("names of variables that no environment can hold are errors", () => {
  assert.match(findings('env."A=B" = "x"').join(), /cannot be empty or contain `=`/);
  assert.match(findings('env."" = "x"').join(), /cannot be empty or contain `=`/);
});

test("port mappings: the left side is the host, the right side the guest", () => {
  assert.deepEqual(parsePortMapping(8080), { host: 8080, guest: 8080 });
  assert.deepEqual(parsePortMapping(65_535), { host: 65_535, guest: 65_535 });
  assert.deepEqual(parsePortMapping("1:2"), { host: 1, guest: 2 });
});

for (const value of [
  0,
  65_536,
  -1,
  1.5,
  "1:2:3",
  "80",
  " 1:2",
  "1: 2",
  "1:",
  ":2",
  "0:1",
  "1:0",
  "a:b",
  "1:65536",
  true,
  null,
]) {
  test(`${JSON.stringify(value)} is no port mapping`, () => {
    assert.ok("error" in parsePortMapping(value));
    const text = JSON.stringify({ network: { ports: { p: { host: [value] } } } });
    const [line] = lines(load({ "airlock.json": text }));
    assert.match(line ?? "", /^airlock\.json:1:35: error: `network\.ports\.p\.host\[0\]`: /);
  });
}

test("socket mappings: only the last colon can divide", () => {
  assert.deepEqual(["/a", "/a:/b", "~/a:~/b", "/a:b", "/a:b:/c", "a:~"].map(parseSocketMapping), [
    { host: "/a", guest: "/a" },
    { host: "/a", guest: "/b" },
    { host: "~/a", guest: "~/b" },
    { host: "/a:b", guest: "/a:b" },
    { host: "/a:b", guest: "/c" },
    { host: "a", guest: "~" },
  ]);
});

test("sockets without a path on the host are errors, relative guest paths warnings", () => {
  const text = '[network.sockets]\na.host = ":/x"\nb.host = ""\nc.host = "run/s"\nd.host = "/x:/y"';
  assert.deepEqual(findings(text), [
    "airlock.toml:2:10: error: `network.sockets.a.host`: the path on the host is empty",
    "airlock.toml:3:10: error: `network.sockets.b.host`: the socket's path cannot be empty",
    "airlock.toml:4:10: warning: `network.sockets.c.host`: the guest's path `run/s` is not absolute; write `<hostPath>:<guestPath>`",
  ]);
});

test("two published ports with one host port clash, across groups and files", () => {
  const result = load({
    "airlock.toml": '[network.ports.a]\nguest = [80, "81:80"]',
    "airlock.local.toml":
      '[network.ports.b]\nguest = [82, "80:9"]\n[network.ports.c]\nenabled = false\nguest = [80]',
  });
  assert.deepEqual(lines(result), [
    "airlock.local.toml:2:14: error: `network.ports.b.guest[1]`: port 80 of the host is taken by `network.ports.a.guest[0]` already (airlock.toml:2:10)",
  ]);
});

test("the same list in two files clashes with itself, and the second file is named", () => {
  const text = "[network.ports.a]\nguest = [80]";
  const result = load({ "airlock.toml": text, "airlock.local.toml": text });
  assert.match(
    lines(result).join("\n"),
    /^airlock\.local\.toml:2:10: error: `network\.ports\.a\.guest\[1\]`/,
  );
});

test("two forwards to one guest port clash", () => {
  const [line] = findings('[network.ports.a]\nhost = ["1:80", "2:80"]');
  assert.match(line ?? "", /host\[1\]`: port 80 of the guest is taken by/);
});

test("two mounts with one target clash, however it is written", () => {
  const mount = (name: string, target: string) =>
    `[mounts.${name}]\nsource = "x"\ntarget = "${target}"\n`;
  const [line, ...rest] = findings(mount("a", "/x/y") + mount("b", "/x//./y/") + mount("c", "x/y"));
  assert.equal(
    line,
    "airlock.toml:6:10: error: `mounts.b.target`: the guest's path /x/y is taken by `mounts.a.target` already (airlock.toml:3:10)",
  );
  assert.deepEqual(rest, []);
  const off = `${mount("b", "/x")}enabled = false\n`;
  assert.deepEqual(findings(mount("a", "/x") + off), []);
});

test("two sockets with one guest path clash", () => {
  const [line] = findings('[network.sockets]\na.host = "/a:/x"\nb.host = "/b:/x"');
  assert.match(line ?? "", /^airlock\.toml:3:10: error: .*the guest's path \/x is taken by/);
});

test("a mode is octal digits; a number in another notation would mean others", () => {
  const mount = (mode: string) =>
    findings(`[mounts.a]\nsource = "x"\ntarget = "/x"\ncreate_mode = ${mode}`);
  for (const mode of ["755", '"755"', '"0644"', "700"]) assert.deepEqual(mount(mode), []);
  for (const mode of ['"abc"', '"789"', "999", '""', '"77777"', "-755"]) {
    assert.match(mount(mode).join(), /^airlock\.toml:4:15: error: .*invalid octal mode/, mode);
  }
  assert.match(mount("0o644").join(), /write the octal digits as text: "644"/);
});

test("paths of mounts and caches cannot be empty", () => {
  const text = '[mounts.a]\nsource = ""\ntarget = ""\n[disk.cache.c]\npaths = [""]';
  assert.deepEqual(findings(text), [
    "airlock.toml:2:10: error: `mounts.a.source`: the source cannot be empty",
    "airlock.toml:3:10: error: `mounts.a.target`: the target cannot be empty",
    "airlock.toml:5:10: error: `disk.cache.c.paths[0]`: a cache path cannot be empty",
  ]);
});

test("image references are texts without spaces", () => {
  assert.match(findings('vm.image = ""').join(), /name of an image cannot be empty/);
  assert.match(findings('vm.image = "a b"').join(), /^airlock\.toml:1:12: .*cannot contain spaces/);
});

test("errors of schema and of content are reported at once, with the valid rest checked", () => {
  const text =
    'vm.cpus = "x"\n[mounts.a]\nmissing = "never"\n[mask.m]\npaths = ["/x"]\n[env]\nA = "$"';
  assert.deepEqual(
    findings(text).map((line) => line.split(": error: ")[0]),
    [
      ...["airlock.toml:1:11", "airlock.toml:2:9", "airlock.toml:2:9"],
      ...["airlock.toml:3:11", "airlock.toml:5:10", "airlock.toml:7:6"],
    ],
  );
});

test("caches, mounts and sockets cannot have one path of the guest", () => {
  const text = `mounts.m = {source = "x", target = "/data"}
network.sockets.s.host = "/s:/data/"
disk.cache.c.paths = ["/other", "/data/."]
disk.cache.d.paths = ["/other"]
disk.cache.off = {enabled = false, paths = ["/data"]}
`;
  assert.deepEqual(
    load({ "airlock.toml": text }).diagnostics.map(({ code, keyPath, related }) => [
      ...[code, keyPath, related?.[0]?.range.start.line],
    ]),
    [
      ["clash", "network.sockets.s.host", 1],
      ["clash", "disk.cache.c.paths[1]", 1],
    ],
  );
});

test("nothing is said to be undefined while a file or a preset cannot be read", () => {
  const off = "[daemons.db]\nenabled = false\n";
  const codes = (files: Record<string, string>) => load(files).diagnostics.map(({ code }) => code);
  const other = { "airlock.local.toml": off };
  assert.deepEqual(codes({ "airlock.toml": "", ...other }), ["missing", "disables-nothing"]);
  assert.deepEqual(codes({ "airlock.toml": "x = [", ...other }), ["syntax"]);
  const known = codes({ "airlock.toml": 'presets = ["nosuch"]', ...other });
  assert.ok(!known.includes("disables-nothing"));
});

test("a disk too small for a file system, and sizes that no computer has, are errors", () => {
  const disk = (size: string) => findings(`disk.size = "${size}"`);
  assert.deepEqual(disk("64 MB"), []);
  assert.deepEqual(disk("63 MB"), [
    "airlock.toml:1:13: error: `disk.size`: less than the minimum of 64 MB",
  ]);
  assert.deepEqual(disk("9000000 TB"), ["airlock.toml:1:13: error: `disk.size`: too large"]);
});

test("a variable that the host lacks is a warning for an editor, once for each name", () => {
  const text = 'env.A = "$A $B ${B:x} ${C:$D} $B"\nenv.E = "$constructor"\n';
  const host = { hasVariable: (name: string) => name === "A" };
  const { diagnostics, config } = load({ "airlock.toml": text }, { host });
  assert.deepEqual(
    diagnostics.map(({ severity, code, keyPath, message }) => [
      ...[severity, code, keyPath, /: (\w+);/.exec(message)?.[1]],
    ]),
    [
      ["warning", "undefined-variable", "env.A", "B"],
      ["warning", "undefined-variable", "env.A", "D"],
      ["warning", "undefined-variable", "env.E", "constructor"],
    ],
  );
  assert.ok(config !== undefined);
  assert.deepEqual(lines(load({ "airlock.toml": text })), []);
});

test("a policy is named as not active whenever it is written down", () => {
  const { notActive } = load({ "airlock.toml": 'network.policy = "allow-always"' });
  assert.deepEqual(
    notActive.map(({ keyPath }) => keyPath),
    ["network.policy"],
  );
});

test("everything that is configured but not active yet is listed with its place", () => {
  const result = load({
    "airlock.toml": [
      'presets = ["nodejs"]',
      'network.policy = "deny-by-default"',
      'network.middleware.m.script = ""',
      "network.ports.p.host = [1]",
      'network.sockets.s.host = "/s"',
      'mounts.a = {source = "x", target = "/x"}',
      'mounts.off = {source = "x", target = "/x", enabled = false}',
      'mask.m.paths = ["x"]',
      'disk.cache.c.paths = ["/c"]',
      'daemons.d.command = ["x"]',
      'vm.image = "alpine:3"',
    ].join("\n"),
  });
  assert.deepEqual(lines(result), []);
  assert.deepEqual(
    result.notActive.map(
      ({ keyPath, range: { start } }) => `${keyPath} ${start.line}:${start.column}`,
    ),
    [
      ...["network.policy 2:9", "network.rules.nodejs-packages 1:12"],
      ...["network.middleware.m 3:20", "network.ports.p 4:15", "network.sockets.s 5:17"],
      ...["mounts.a 6:8", "disk.cache.c 9:12", "daemons.d 10:9", "mask.m 8:6"],
    ],
  );
});

test("what is active already is not listed", () => {
  const text =
    'vm = {image = "embedded:base", cpus = 1, memory = "2 GB", harden = false}\ndisk.size = "1 GB"\nenv.A = "b"';
  assert.deepEqual(load({ "airlock.toml": text }).notActive, []);
  for (const name of ["oci:./dir", "oci-archive:x.tar", "images.example/app:1"]) {
    assert.deepEqual(load({ "airlock.toml": `vm.image = "${name}"` }).notActive, []);
  }
});
