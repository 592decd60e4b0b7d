import assert from "node:assert/strict";
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { formatDiagnostic } from "#core/config/diagnostics.ts";
import { readConfig } from "#helper/config/read.ts";
import { readSettings } from "#helper/config/settings.ts";
import { tempTree } from "#test/support/tempTree.ts";

/** A home directory and a project in it; `homedir()` follows HOME. */
function world(t: TestContext, files: Record<string, string>): { home: string; project: string } {
  const home = realpathSync(tempTree(t, files));
  mkdirSync(join(home, "project"), { recursive: true });
  const before = process.env.HOME;
  process.env.HOME = home;
  t.after(() => {
    process.env.HOME = before;
  });
  return { home, project: join(home, "project") };
}

test("all four slots are read, and the later ones win", async (t) => {
  const { home, project } = world(t, {
    ".airlock/config.toml": 'env = {A = "1", B = "1", C = "1", D = "1"}',
    ".airlock.yml": "env: {B: '2', C: '2', D: '2'}",
    "project/airlock.json": '{"env": {"C": "3", "D": "3"}}',
    "project/airlock.local.toml": 'env.D = "4"',
  });
  const { config, sources, hasProjectFile } = await readConfig(project);
  assert.deepEqual(config?.env, { A: "1", B: "2", C: "3", D: "4" });
  assert.equal(hasProjectFile, true);
  assert.deepEqual(
    sources.map(({ scope, path }) => [scope, path.replace(home, "~")]),
    [
      ["user", "~/.airlock/config.toml"],
      ["user", "~/.airlock.yml"],
      ["project", "~/project/airlock.json"],
      ["local", "~/project/airlock.local.toml"],
    ],
  );
});

test("inside a slot the first of toml, json, yaml, yml is used, and no other is looked at", async (t) => {
  const { project } = world(t, {
    "project/airlock.toml": 'env.X = "toml"',
    "project/airlock.json": "{ broken",
    "project/airlock.local.json": '{"env": {"Y": "json"}}',
    "project/airlock.local.yaml": "env: {Y: yaml}",
    "project/airlock.local.yml": "env: {Y: yml}",
  });
  const { config, diagnostics } = await readConfig(project);
  assert.deepEqual(config?.env, { X: "toml", Y: "json" });
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    `${project}/airlock.json:1:1: warning: this file is not read, because \`airlock.toml\` stands beside it`,
    ...["yaml", "yml"].map(
      (extension) =>
        `${project}/airlock.local.${extension}:1:1: warning: this file is not read, because \`airlock.local.json\` stands beside it`,
    ),
  ]);
});

test("no file is no error; files of the user alone make no project", async (t) => {
  const { project } = world(t, { ".airlock/config.toml": 'env.A = "1"' });
  const { config, hasProjectFile } = await readConfig(project);
  assert.deepEqual([config?.env, hasProjectFile], [{ A: "1" }, false]);
});

test("a local file alone makes a project", async (t) => {
  const { project } = world(t, { "project/airlock.local.yml": "" });
  assert.equal((await readConfig(project)).hasProjectFile, true);
});

test("a file that cannot be read is an error, and no other extension takes its place", async (t) => {
  const { project } = world(t, {
    "project/airlock.toml/x": "",
    "project/airlock.json": '{"vm": {"cpus": 1}}',
    "project/airlock.local.yaml": "bogus: 1",
  });
  writeFileSync(join(project, "airlock.local.yaml"), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
  const { config, diagnostics, hasProjectFile } = await readConfig(project);
  assert.deepEqual([config, hasProjectFile], [undefined, true]);
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    `${project}/airlock.toml:1:1: error: the file cannot be read: it is a directory`,
    `${project}/airlock.local.yaml:1:1: error: the file cannot be read: it is not UTF-8 text`,
    `${project}/airlock.json:1:1: warning: this file is not read, because \`airlock.toml\` stands beside it`,
  ]);
});

/** Root may read everything, so it becomes nobody for the time of a reading. */
async function withoutRoot<Result>(read: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return read();
  process.seteuid?.(65_534);
  try {
    return await read();
  } finally {
    process.seteuid?.(0);
  }
}

test("missing permission is an error", async (t) => {
  const { home, project } = world(t, { "project/airlock.toml": "" });
  chmodSync(home, 0o755);
  chmodSync(join(project, "airlock.toml"), 0o000);
  const { diagnostics } = await withoutRoot(() => readConfig(project));
  assert.match(diagnostics.map(formatDiagnostic).join(), /cannot be read: permission denied/);
});

test("the project is found through symbolic links", async (t) => {
  const { home, project } = world(t, { "project/airlock.toml": 'env.A = "1"' });
  symlinkSync(project, join(home, "link"));
  const { sources } = await readConfig(join(home, "link"));
  assert.deepEqual(
    sources.map(({ path }) => path),
    [join(project, "airlock.toml")],
  );
});

test("files with very old names are not read, and their owner is told", async (t) => {
  const { project } = world(t, { "project/ez.toml": "vm = 1", "project/airlock.toml": "" });
  const { config, diagnostics } = await readConfig(project);
  assert.ok(config);
  assert.deepEqual(diagnostics.map(formatDiagnostic), [
    `${project}/ez.toml:1:1: warning: this file is not read; its name is \`airlock.toml\` now`,
  ]);
});

test("a directory that does not exist gives the defaults", async (t) => {
  const { project } = world(t, {});
  assert.ok((await readConfig(join(project, "nowhere"))).config);
});

test("settings: no directory means the defaults", async (t) => {
  world(t, {});
  assert.equal((await readSettings()).settings?.vault.storage, "keyring");
});

test("settings: toml goes before json", async (t) => {
  world(t, {
    ".airlock/settings.toml": 'vault.storage = "keyring"',
    ".airlock/settings.json": '{"vault": {"storage": "disabled"}}',
  });
  assert.equal((await readSettings()).settings?.vault.storage, "keyring");
});

test("settings: a malformed file, a wrong value and an unreadable file are errors", async (t) => {
  const { home } = world(t, { ".airlock/settings.toml": "vault = [" });
  const file = join(home, ".airlock/settings.toml");
  assert.equal((await readSettings()).settings, undefined);
  writeFileSync(file, 'vault.storage = "typo"');
  const { settings, diagnostics } = await readSettings();
  assert.equal(settings, undefined);
  assert.match(diagnostics.map(formatDiagnostic).join(), /settings\.toml:1:17: error: .*"typo"/);
  writeFileSync(file, Buffer.from([0xff]));
  assert.match((await readSettings()).diagnostics[0]?.message ?? "", /not UTF-8/);
});
