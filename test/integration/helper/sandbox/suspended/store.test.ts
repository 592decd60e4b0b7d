import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openSaved, openSavedDirectory } from "#helper/machine/state/saved.ts";
import { currentStatus } from "#helper/sandbox/currentStatus.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import { isSameDisk } from "#helper/sandbox/suspended/diskIdentity.ts";
import { forgetSuspended, readSuspended } from "#helper/sandbox/suspended/record.ts";
import {
  commitDraft,
  discardAgreed,
  discardSuspended,
  makeDraft,
  suspendedDir,
} from "#helper/sandbox/suspended/store.ts";
import { supervisorSpec } from "../../../../support/supervisorSpec.ts";
import { tempTree } from "../../../../support/tempTree.ts";

const now = new Date("2026-01-02T03:04:05.000Z");

function world(t: TestContext) {
  const base = tempTree(t, { "home/x": "", "p/.airlock/sandbox/disk.img": "disk" });
  const before = process.env.HOME;
  process.env.HOME = join(base, "home");
  t.after(() => {
    process.env.HOME = before;
  });
  const project = projectAt(join(base, "p"));
  const saved = () =>
    readdirSync(project.sandboxDir).filter((name) => name.startsWith("suspended-"));
  return { base, project, saved };
}

async function suspended(t: TestContext) {
  const { base, project, saved } = world(t);
  const draft = await makeDraft(project);
  writeFileSync(join(draft, "memory"), "m".repeat(10_000), { mode: 0o600 });
  writeFileSync(join(draft, "state"), "state", { mode: 0o600 });
  const facts = { spec: supervisorSpec(project.dir), measures: [], now };
  return { base, project, saved, record: await commitDraft(project, draft, facts) };
}

test("a committed draft is the project's suspended state, for its owner alone", async (t) => {
  const { base, project, saved, record } = await suspended(t);
  assert.deepEqual(await readSuspended(project), record);
  assert.deepEqual(saved(), [`suspended-${record.id}`]);
  assert.equal(statSync(suspendedDir(project, record)).mode & 0o777, 0o700);
  const records = join(base, "home/.airlock/suspended");
  assert.equal(statSync(records).mode & 0o777, 0o700);
  const [name = ""] = readdirSync(records);
  assert.equal(statSync(join(records, name)).mode & 0o777, 0o600);
  const status = await currentStatus(project, undefined);
  assert.equal(status, undefined, "a project without any record of a run");
});

test("no value of the environment is written down beside the memory", async (t) => {
  const { base, record } = await suspended(t);
  const records = join(base, "home/.airlock/suspended");
  const text = readFileSync(join(records, readdirSync(records)[0] ?? ""), "utf8");
  assert.deepEqual(record.spec.env, []);
  assert.doesNotMatch(text, /secret/);
});

test("what was thrown away is gone, and so is a draft that was never committed", async (t) => {
  const { project, saved } = await suspended(t);
  await makeDraft(project);
  assert.deepEqual(saved(), ["suspended-draft"], "a new draft replaces everything");
  assert.equal((await discardSuspended(project))?.suspendedAt, now.toISOString());
  assert.equal(await readSuspended(project), undefined);
  assert.deepEqual(saved(), []);
  assert.equal(await discardSuspended(project), undefined);
});

test("a used-up state is not found again although its files are still there", async (t) => {
  const { project, saved } = await suspended(t);
  await forgetSuspended(project);
  assert.equal(await readSuspended(project), undefined);
  assert.equal(saved().length, 1);
});

test("files that a checkout brings are no suspended state", async (t) => {
  const { project } = world(t);
  mkdirSync(join(project.sandboxDir, `suspended-${"a".repeat(32)}`));
  assert.equal(await readSuspended(project), undefined);
});

test("a copy of the project is not suspended", async (t) => {
  const { base, project } = await suspended(t);
  mkdirSync(join(base, "copy"));
  assert.equal(await readSuspended(projectAt(join(base, "copy"))), undefined);
  symlinkSync(project.dir, join(base, "link"));
  assert.notEqual(await readSuspended(projectAt(join(base, "link"))), undefined);
});

test("a disk is the same until anybody touches it", async (t) => {
  const { project, record } = await suspended(t);
  assert.equal(await isSameDisk(project.diskFile, record.disk), true);
  const { atime, mtime } = statSync(project.diskFile);
  writeFileSync(project.diskFile, "kisd");
  assert.equal(await isSameDisk(project.diskFile, record.disk), false);
  utimesSync(project.diskFile, atime, mtime);
  assert.equal(await isSameDisk(project.diskFile, record.disk), false, "its head tells");
  assert.equal(await isSameDisk(`${project.diskFile}2`, record.disk), false);
  assert.ok(existsSync(project.diskFile));
});

test("only the state that somebody has agreed to lose is thrown away", async (t) => {
  const { project, saved, record } = await suspended(t);
  for (const agreed of [null, "0".repeat(32)]) {
    await assert.rejects(discardAgreed(project, agreed), { code: "suspended-changed" });
  }
  assert.deepEqual(await readSuspended(project), record);
  assert.equal(saved().length, 1);
  await discardAgreed(project, record.id);
  assert.equal(await readSuspended(project), undefined);
  assert.deepEqual(saved(), []);
  await discardAgreed(project, record.id);
});

test("files that another sandbox has rewritten are not loaded, even with their old times", async (t) => {
  const { project, record } = await suspended(t);
  const path = suspendedDir(project, record);
  const open = async () => {
    const directory = (await openSavedDirectory(path)) ?? assert.fail("missing");
    try {
      await (await openSaved(directory, record.seal)).memory.close();
    } finally {
      await directory.close();
    }
  };
  await open();
  writeFileSync(join(path, "state"), "stale");
  await assert.rejects(open(), /its state is damaged/);
  writeFileSync(join(path, "state"), "state");
  await open();
  const { atime, mtime } = statSync(join(path, "memory"));
  writeFileSync(join(path, "memory"), "M".repeat(10_000));
  utimesSync(join(path, "memory"), atime, mtime);
  await assert.rejects(open(), /its memory has been changed/);
  chmodSync(join(path, "memory"), 0o666);
  await assert.rejects(open(), /memory is open to others/);
});
