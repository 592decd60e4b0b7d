import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { prepareDisk } from "#helper/sandbox/disk.ts";
import { fileSink } from "#helper/sandbox/logFile.ts";
import { createStateDir, projectAt } from "#helper/sandbox/project.ts";
import { readLastRun, readRunRecord, writeRunRecord } from "#helper/sandbox/runRecord.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";
import { tempTree } from "../../../support/tempTree.ts";

test("a disk is made sparse, kept, grown, and never shrunk", async (t) => {
  const path = join(tempTree(t, {}), "disk.img");
  assert.equal(await prepareDisk(path, 2 ** 30), "created");
  const { size, blocks } = statSync(path);
  assert.deepEqual([size, blocks < 16], [2 ** 30, true]);
  assert.equal(await prepareDisk(path, 2 ** 30), "unchanged");
  assert.equal(await prepareDisk(path, 2 ** 31), "grown");
  await assert.rejects(prepareDisk(path, 2 ** 30), { code: "disk-shrink" });
  assert.equal(statSync(path).size, 2 ** 31);
});

test("a log is cut to whole lines within its last mebibyte when it is opened", (t) => {
  const path = join(tempTree(t, {}), "log");
  const line = `${"x".repeat(99)}\n`;
  writeFileSync(path, line.repeat(20_000));
  const sink = fileSink(path);
  const kept = readFileSync(path, "utf8");
  assert.ok(kept.length <= 2 ** 20 && kept.length > 2 ** 20 - 100);
  assert.equal(kept.length % 100, 0);
  sink({ level: "info", target: "test", text: "more" });
  assert.match(readFileSync(path, "utf8"), /INFO {2}test: more\n$/);
});

test("a run record survives the way to the disk; anything unreadable counts as none", async (t) => {
  const project = projectAt(tempTree(t, {}));
  await createStateDir(project);
  assert.equal(await readRunRecord(project), undefined);
  const processes = [{ name: "supervisor", pid: 1, startTicks: 2 }];
  const record = { format: 1 as const, status: fakeStatus(project.dir), processes };
  await writeRunRecord(project, record);
  assert.deepEqual(await readRunRecord(project), record);
  const { name, digest } = record.status.image;
  const last = { format: 1, status: { image: { name, digest } }, processes };
  assert.deepEqual(readLastRun(project), last);
  assert.equal(statSync(project.runFile).mode & 0o777, 0o600);
  // Of another version, perhaps: what it started has to be ended all the same.
  writeFileSync(project.runFile, JSON.stringify({ ...record, status: last.status }));
  assert.equal(await readRunRecord(project), undefined);
  assert.deepEqual(readLastRun(project), last);
  writeFileSync(project.runFile, "{");
  assert.equal(await readRunRecord(project), undefined);
  assert.equal(readLastRun(project), undefined);
});

test("the state directory is the owner's alone and keeps itself out of version control", async (t) => {
  const planted = { ".airlock/.gitignore": "own\n", ".airlock/sandbox/disk.img": "" };
  const project = projectAt(tempTree(t, planted));
  for (const path of [project.stateDir, project.sandboxDir, project.diskFile])
    chmodSync(path, 0o777);
  await createStateDir(project);
  assert.equal(readFileSync(join(project.stateDir, ".gitignore"), "utf8"), "*\n");
  const modes = [project.stateDir, project.sandboxDir, project.diskFile].map(
    (path) => statSync(path).mode & 0o777,
  );
  assert.deepEqual(modes, [0o700, 0o700, 0o600]);
});
