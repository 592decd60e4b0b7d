// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { mkdirSync, realpathSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { execa } from "execa";
import { parse } from "smol-toml";
import { tempTree } from "#test/support/tempTree.ts";

const program = join(import.meta.dirname, "..", "..", "..", "..", "src", "helper", "main.ts");

/** Runs `airlock config` in a project of its own, with a home directory of its own. */
async function config(t: TestContext, files: Record<string, string>, ...args: string[]) {
  const home = realpathSync(tempTree(t, files));
  const project = join(home, "project");
  mkdirSync(project, { recursive: true });
  const result = await execa(process.execPath, [program, "config", ...args], {
    cwd: project,
    env: { HOME: home, NODE_NO_WARNINGS: "1" },
    reject: false,
    timeout: 60_000,
  });
  return { ...result, project };
}

test("without any file the defaults are printed, sizes as bytes and the image as a table", async (t) => {
  const { stdout, stderr, exitCode } = await config(t, {}, "--json");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const half = Math.max(Math.floor(totalmem() / 2), 512 * 1024 ** 2);
  assert.deepEqual(JSON.parse(stdout), {
    vm: {
      image: { name: "alpine:latest", resolution: "auto", insecure: false },
      cpus: availableParallelism(),
      memory: Math.min(half, totalmem()),
      kvm: false,
      harden: true,
    },
    network: { policy: "allow-always", rules: {}, middleware: {}, ports: {}, sockets: {} },
    mounts: {},
    disk: { size: 10 * 1024 ** 3, cache: {} },
    env: {},
    daemons: {},
    mask: {},
  });
});

test("TOML and JSON say the same, of all files and presets together", async (t) => {
  const files = {
    ".airlock/config.yaml": "env: {A: user, B: user}\n",
    "project/airlock.toml":
      'presets = ["nodejs", "claude-code"]\nvm.image = "embedded:base"\nvm.memory = "1.5 GB"\n[env]\nB = "project"\nC = "${HOME}"\n[daemons.d]\ncommand = ["a"]\n',
    "project/airlock.local.json": '{"daemons": {"d": {"command": ["b"], "enabled": "false"}}}',
  };
  const json = await config(t, files, "--json");
  const toml = await config(t, files);
  assert.deepEqual([json.exitCode, toml.exitCode], [0, 0]);
  // Lists add up, which a warning says where it is most likely a mistake.
  assert.match(json.stderr, /^\S+: warning: `daemons\.d\.command` .*$/);
  const effective = JSON.parse(json.stdout);
  assert.deepEqual(JSON.parse(JSON.stringify(parse(toml.stdout))), effective);
  assert.equal(effective.vm.memory, 1.5 * 1024 ** 3);
  assert.deepEqual(effective.vm.image, {
    name: "embedded:base",
    resolution: "auto",
    insecure: false,
  });
  assert.deepEqual(
    [effective.env.A, effective.env.B, effective.env.C],
    ["user", "project", "${HOME}"],
  );
  assert.deepEqual(effective.daemons.d.command, ["a", "b"]);
  assert.equal(effective.daemons.d.enabled, false);
  assert.ok(effective.network.rules["nodejs-packages"]);
  assert.equal("presets" in effective, false);
});

test("errors go to the standard error, each line with its place, and the exit code is 2", async (t) => {
  const { stdout, stderr, exitCode, project } = await config(t, {
    ".airlock/config.toml": "vm.cpus = 0\n",
    "project/airlock.toml": '[vm]\nmemory = "lots"\n[netwrk]\n',
    "project/airlock.local.yaml": "env: [1]\n",
  });
  assert.deepEqual([exitCode, stdout], [2, ""]);
  assert.deepEqual(
    stderr.split("\n").map((line) => /^(.*?:\d+:\d+: (?:error|warning): )/.exec(line)?.[1]),
    [
      `${project.replace(/\/project$/, "")}/.airlock/config.toml:1:11: error: `,
      `${project}/airlock.toml:2:10: error: `,
      `${project}/airlock.toml:3:2: warning: `,
      `${project}/airlock.local.yaml:1:6: error: `,
    ],
  );
});

test("warnings go to the standard error, and the configuration is printed", async (t) => {
  const { stdout, stderr, exitCode, project } = await config(
    t,
    { "project/airlock.toml": "[vm]\ncpu = 1\n" },
    "--json",
  );
  assert.equal(exitCode, 0);
  assert.equal(
    stderr,
    `${project}/airlock.toml:2:1: warning: unknown key \`vm.cpu\` has no effect; did you mean \`cpus\`?`,
  );
  assert.ok(JSON.parse(stdout).vm.cpus > 0);
});

test("a file that cannot be read is an error, also beside one that can", async (t) => {
  const { stderr, exitCode, project } = await config(t, {
    "project/airlock.toml/inside": "",
    "project/airlock.json": "{}",
  });
  assert.equal(exitCode, 2);
  assert.equal(
    stderr,
    [
      `${project}/airlock.toml:1:1: error: the file cannot be read: it is a directory`,
      `${project}/airlock.json:1:1: warning: this file is not read, because \`airlock.toml\` stands beside it`,
    ].join("\n"),
  );
});

test("wrong user settings stop every command, with their places and exit code 1", async (t) => {
  const files = { ".airlock/settings.toml": '[vault]\nstorage = "typo"\n' };
  const { stderr, exitCode, stdout } = await config(t, files);
  assert.deepEqual([exitCode, stdout], [1, ""]);
  assert.match(stderr, /settings\.toml:2:11: error: `vault\.storage`: unknown value "typo"/);
  const fine = await config(t, { ".airlock/settings.toml": "vault_enabled = true\n" });
  assert.equal(fine.exitCode, 0);
});

const layered = {
  ".airlock.toml": 'vm.memory = "1 GB"\n',
  "project/airlock.toml": '[vm]\nmemory = "600 MB"\n[env]\nA = "a"\n',
};

test("--origins says where each value comes from, as text and as JSON", async (t) => {
  const { stdout, exitCode } = await config(t, layered, "--origins");
  assert.equal(exitCode, 0);
  assert.match(
    stdout,
    /^memory = 629145600 # 600 MiB, airlock\.toml:2:10 \(project\); over "1 GB" of ~\/\.airlock\.toml:1:13 \(user\)$/m,
  );
  const json = await config(t, layered, "--origins", "--json");
  const { presets, values, text, links } = JSON.parse(json.stdout);
  assert.deepEqual([presets, text.split("\n")[2]], [[], stdout.split("\n")[2]]);
  assert.deepEqual(links[0], {
    ...{ line: 3, column: 31, text: "airlock.toml:2:10 (project)" },
    ...{ path: `${json.project}/airlock.toml`, start: { line: 2, column: 10 } },
  });
  const a = values.find(({ keyPath }: { keyPath: string }) => keyPath === "env.A");
  assert.deepEqual(a, {
    ...{ keyPath: "env.A", value: "a", overrode: [] },
    origin: {
      ...{ scope: "project", path: `${json.project}/airlock.toml` },
      range: { start: { line: 4, column: 5 }, end: { line: 4, column: 8 } },
    },
  });
});

test("--origins and --explain also tell what the rest amounts to beside errors, with exit code 2", async (t) => {
  const files = { ...layered, "project/airlock.local.toml": "vm.cpus = 0\n[network.rules.\n" };
  const origins = await config(t, files, "--origins");
  assert.equal(origins.exitCode, 2);
  assert.match(origins.stdout, /^# The configuration has errors; /);
  assert.match(origins.stdout, /^memory = 629145600 # 600 MiB, airlock\.toml:2:10 \(project\)/m);
  const json = await config(t, files, "--origins", "--json");
  assert.equal(JSON.parse(json.stdout).hasErrors, true);
  const story = await config(t, files, "--explain", "vm.memory");
  assert.equal(story.exitCode, 2);
  assert.match(story.stdout, /^vm\.memory = 629145600/);
});

test("--explain tells the story of one key, as text and as JSON, and knows no other keys", async (t) => {
  const { stdout, exitCode } = await config(t, layered, "--explain", "vm.memory");
  assert.equal(exitCode, 0);
  assert.match(stdout, /^vm\.memory = 629145600 \(600 MiB\)\n/);
  const json = await config(t, layered, "--explain", "vm.memory", "--json");
  const { settings } = JSON.parse(json.stdout);
  assert.deepEqual(
    settings.map(({ written, effect }: { written: string; effect: string }) => [written, effect]),
    [
      ['"1 GB"', "overridden"],
      ['"600 MB"', "wins"],
    ],
  );
  const wrong = await config(t, layered, "--explain", "vm.memry");
  assert.equal(wrong.exitCode, 2);
  assert.match(wrong.stderr, /There is no key `vm\.memry`\.\n.*Did you mean `vm\.memory`\?/);
  const both = await config(t, layered, "--explain", "vm.memory", "--origins");
  assert.equal(both.exitCode, 2);
});

test("a key is explained while another one is wrong", async (t) => {
  const files = { "project/airlock.toml": 'vm.cpus = 0\nenv.A = "b"\n' };
  const { stdout, stderr, exitCode } = await config(t, files, "--explain", "env.A");
  assert.equal(exitCode, 2);
  assert.match(stderr, /vm\.cpus/);
  assert.match(stdout, /airlock\.toml:2:9 \(project\)/);
});

const warned = { "project/airlock.toml": "[vm]\ncpu = 1\n" };
const wrong = {
  ".airlock.toml": "vm.cpus = 0\n",
  "project/airlock.local.toml": '[vm]\nmemory = "lots"\ncpu = 1\n',
};

test("check says on the standard output what is wrong, and fails for errors", async (t) => {
  const bad = await config(t, wrong, "check");
  assert.equal(bad.exitCode, 2);
  assert.deepEqual(
    bad.stdout.split("\n").map((line) => /[^/]*:\d+:\d+: \w+/.exec(line)?.[0]),
    [
      ".airlock.toml:1:11: error",
      "airlock.local.toml:2:10: error",
      "airlock.local.toml:3:1: warning",
    ],
  );
  assert.equal(bad.stderr, "2 errors, 1 warning.");
  const good = await config(t, {}, "check");
  assert.deepEqual(
    [good.exitCode, good.stdout, good.stderr],
    [0, "", "The configuration is good."],
  );
});

test("warnings fail a check only with --strict", async (t) => {
  assert.equal((await config(t, warned, "check")).exitCode, 0);
  assert.equal((await config(t, warned, "check", "--strict")).exitCode, 2);
});

test("check prints JSON for programs", async (t) => {
  const { stdout, stderr, project } = await config(t, warned, "check", "--format", "json");
  const { diagnostics, counts } = JSON.parse(stdout);
  assert.deepEqual([stderr, counts], ["", { error: 0, warning: 1 }]);
  const [{ code, path, suggestion }] = diagnostics;
  assert.deepEqual([code, path, suggestion], ["unknown-key", `${project}/airlock.toml`, "cpus"]);
});

test("check prints SARIF with places relative to the project, and a user's file absolute", async (t) => {
  const { stdout, exitCode, project } = await config(t, wrong, "check", "--format", "sarif");
  assert.equal(exitCode, 2);
  const log = JSON.parse(stdout);
  assert.equal(log.version, "2.1.0");
  const [run] = log.runs;
  assert.equal(run.originalUriBaseIds.PROJECT.uri, `file://${project}/`);
  const rules: { id: string }[] = run.tool.driver.rules;
  for (const { ruleId, ruleIndex, level, message } of run.results) {
    assert.equal(rules[ruleIndex]?.id, ruleId);
    assert.ok(["error", "warning"].includes(level));
    assert.notEqual(message.text, "");
  }
  const places = run.results.map((result: { locations: { physicalLocation: object }[] }) => {
    return result.locations[0]?.physicalLocation;
  });
  assert.deepEqual(places[0].artifactLocation, {
    uri: `file://${project.replace(/\/project$/, "")}/.airlock.toml`,
  });
  assert.deepEqual(places[1], {
    artifactLocation: { uri: "airlock.local.toml", uriBaseId: "PROJECT" },
    region: { startLine: 2, startColumn: 10, endLine: 2, endColumn: 16 },
  });
});
