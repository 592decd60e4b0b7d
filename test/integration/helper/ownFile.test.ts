// What a guest can put in place of our files, where the host cannot hide them from it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, linkSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startChild } from "#helper/machine/process.ts";
import { openOwn, readOwn } from "#helper/ownFile.ts";
import { fileSink } from "#helper/sandbox/logFile.ts";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";
import { readRunRecord, writeRunRecord } from "#helper/sandbox/runRecord.ts";
import { fakeStatus } from "#test/support/fakeStatus.ts";
import { tempTree } from "#test/support/tempTree.ts";

const append = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;

function world(t: TestContext) {
  const root = tempTree(t, {
    victim: "precious",
    "state/file": "ours",
    "elsewhere/file": "theirs",
  });
  const victim = join(root, "victim");
  const intact = () => assert.equal(readFileSync(victim, "utf8"), "precious");
  return { root, victim, intact, path: join(root, "state", "file") };
}

const refused = (path: string, flags: number, what: RegExp) =>
  assert.throws(() => openOwn(path, flags), { code: "state-dir", message: what });

test("a file of ours is opened; a link, a hard link or a pipe in its place is not", (t) => {
  const { root, victim, path } = world(t);
  assert.equal(readOwn(path, 4), "ours");
  assert.throws(() => readOwn(path, 3), /too long/);
  const at = (name: string) => join(root, "state", name);
  symlinkSync(victim, at("link"));
  linkSync(victim, at("hard"));
  execFileSync("mkfifo", [at("pipe")]);
  refused(at("link"), append, /is a symbolic link/);
  refused(at("hard"), append, /hard link/);
  refused(at("pipe"), constants.O_RDONLY, /is no file/);
});

test("a directory on the way that was replaced by a link is noticed", (t) => {
  if (process.platform !== "linux") return t.skip("only Linux says where a file was found");
  const { root, path } = world(t);
  renameSync(join(root, "state"), join(root, "moved"));
  symlinkSync("elsewhere", join(root, "state"));
  refused(path, append, /reached through a symbolic link/);
});

test("a log that is replaced by a link while it is written goes on in the old file", (t) => {
  const { root, victim, intact, path } = world(t);
  writeFileSync(path, "x\n".repeat(9 * 2 ** 19));
  const sink = fileSink(path);
  renameSync(path, join(root, "old"));
  symlinkSync(victim, path);
  sink({ level: "info", target: "test", text: "more" });
  intact();
  assert.match(readFileSync(join(root, "old"), "utf8"), /INFO {2}test: more\n$/);
});

test("a record is never written through a link, nor read from a pipe", async (t) => {
  const { root, victim, intact } = world(t);
  const project = projectAt(root);
  await createStateDir(project);
  for (const name of ["run.json", "run.json.tmp"])
    symlinkSync(victim, join(project.sandboxDir, name));
  const record = { format: 1 as const, status: fakeStatus(root), processes: [] };
  await writeRunRecord(project, record);
  intact();
  assert.deepEqual(await readRunRecord(project), record);
  renameSync(project.runFile, join(root, "away"));
  execFileSync("mkfifo", [project.runFile]);
  assert.equal(await readRunRecord(project), undefined);
});

test("the output of a process goes to a new file, whatever lies in its place", async (t) => {
  const { victim, intact, root } = world(t);
  const logPath = join(root, "state", "log");
  symlinkSync(victim, logPath);
  const call = { command: "sh", args: ["-c", "echo said"] };
  await (await startChild(call, { cwd: root, logPath })).ended;
  intact();
  assert.equal(readFileSync(logPath, "utf8"), "said\n");
});
