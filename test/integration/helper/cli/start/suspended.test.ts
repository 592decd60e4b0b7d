import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Reporter } from "#helper/cli/start/reporter.ts";
import { decideSuspended } from "#helper/cli/start/suspended.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import { diskIdentity } from "#helper/sandbox/suspended/diskIdentity.ts";
import { readSuspended, writeSuspended } from "#helper/sandbox/suspended/record.ts";
import { suspendedDir } from "#helper/sandbox/suspended/store.ts";
import { supervisorSpec } from "../../../../support/supervisorSpec.ts";
import { tempTree } from "../../../../support/tempTree.ts";

const silent = { clear: () => undefined } as Reporter;
const asked = { yes: false, json: false, resume: false, discardSuspended: false };

async function world(t: TestContext) {
  const base = tempTree(t, { "home/x": "", "p/.airlock/sandbox/disk.img": "disk" });
  const before = process.env.HOME;
  process.env.HOME = join(base, "home");
  t.after(() => {
    process.env.HOME = before;
  });
  const project = projectAt(join(base, "p"));
  const decide = (options: Partial<typeof asked>, basis: Record<string, string>) =>
    decideSuspended(project, {
      options: { ...asked, ...options },
      reporter: silent,
      signal: new AbortController().signal,
      basis: async () => basis,
    });
  const spec = { ...supervisorSpec(project.dir), basis: { env: "1", QEMU: "7" } };
  const record = {
    format: 2 as const,
    id: "0".repeat(32),
    projectDir: project.dir,
    suspendedAt: "2026-01-02T03:04:05.000Z",
    sizeBytes: 1,
    spec,
    measures: [],
    disk: await diskIdentity(project.diskFile),
    seal: {
      ...{ stateBytes: 1, stateSha256: "", memoryBytes: 1, memoryBlocks: 1 },
      ...{ samplesSha256: "", memoryIdentity: "" },
    },
  };
  return { project, decide, record };
}

test("a project that is not suspended boots", async (t) => {
  const { decide } = await world(t);
  assert.deepEqual(await decide({}, {}), { kind: "boot", discardId: null });
});

test("what does not fit any more is neither resumed nor thrown away without a word", async (t) => {
  const { project, decide, record } = await world(t);
  await writeSuspended(project, record);
  const unchanged = record.spec.basis;
  await assert.rejects(decide({}, { ...unchanged, QEMU: "8" }), {
    code: "suspended-unusable",
    message: "The suspended sandbox cannot be resumed: QEMU has changed.",
  });
  await assert.rejects(decide({ resume: true }, unchanged), /its files are gone/);
  mkdirSync(suspendedDir(project, record));
  await assert.rejects(decide({}, unchanged), /its image is not stored any more/);
  assert.notEqual(await readSuspended(project), undefined);
});

test("somebody's word decides", async (t) => {
  const { project, decide, record } = await world(t);
  await writeSuspended(project, record);
  const agreed = { kind: "boot", discardId: record.id };
  assert.deepEqual(await decide({ discardSuspended: true }, {}), agreed);
  const changed = { ...record.spec.basis, QEMU: "8" };
  assert.deepEqual(await decide({ yes: true }, changed), agreed);
});

test("what cannot be looked at just now is not taken for gone or changed, whatever was agreed to", async (t) => {
  const { project, decide, record } = await world(t);
  await writeSuspended(project, record);
  mkdirSync(suspendedDir(project, record));
  rmSync(project.diskFile);
  mkdirSync(project.diskFile);
  await assert.rejects(decide({ yes: true }, record.spec.basis), { code: "EISDIR" });
  const records = join(process.env.HOME ?? "", ".airlock/suspended");
  const [name = ""] = readdirSync(records);
  rmSync(join(records, name));
  mkdirSync(join(records, name));
  await assert.rejects(decide({ yes: true }, record.spec.basis), { code: "EISDIR" });
});
