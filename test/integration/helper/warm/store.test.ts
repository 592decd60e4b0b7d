import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ownerTag } from "#helper/files/owner.ts";
import { BadSaved } from "#helper/machine/state/saved.ts";
import { draftDir, snapshotDir, warmDir } from "#helper/warm/paths.ts";
import {
  listSnapshots,
  pruneSnapshots,
  removeAllSnapshots,
  warmNames,
} from "#helper/warm/prune.ts";
import {
  beginSnapshot,
  commitSnapshot,
  openSnapshot,
  removeSnapshot,
  touchSnapshot,
} from "#helper/warm/store.ts";
import { tempTree } from "#test/support/tempTree.ts";

const memoryBytes = 2 ** 20;
const keyOf = (digit: string) => digit.repeat(64);
const key = keyOf("a");

/** A home of the test's own. */
function home(t: TestContext): void {
  const before = process.env.HOME;
  process.env.HOME = tempTree(t, {});
  mkdirSync(warmDir(), { recursive: true, mode: 0o700 });
  t.after(() => {
    process.env.HOME = before;
  });
}

async function keep(which = key, content = "memory"): Promise<boolean> {
  const draft = (await beginSnapshot(which, await warmNames())) ?? assert.fail("busy");
  writeFileSync(join(draft, "state"), "state", { mode: 0o600 });
  writeFileSync(join(draft, "memory"), content, { mode: 0o600 });
  truncateSync(join(draft, "memory"), memoryBytes);
  const isKept = await commitSnapshot(which, draft);
  rmSync(draft, { recursive: true, force: true });
  return isKept;
}

test("what was kept is opened again", async (t) => {
  home(t);
  assert.equal(await openSnapshot(key, memoryBytes), undefined);
  assert.equal(await keep(), true);
  const saved = (await openSnapshot(key, memoryBytes)) ?? assert.fail("missing");
  assert.equal(saved.state.toString(), "state");
  assert.equal((await saved.memory.stat()).size, memoryBytes);
  await saved.memory.close();
  assert.deepEqual(readdirSync(warmDir()), [key]);
});

const isRoot = process.getuid?.() === 0;
const inSnapshot = (name: string) => join(snapshotDir(key), name);
const damages: Record<string, { damage: () => void; reason: RegExp; skip?: string | false }> = {
  "a torn memory": {
    damage: () => truncateSync(inSnapshot("memory"), memoryBytes / 2),
    reason: /memory is not complete/,
  },
  "a memory of the right size with a hole in it": {
    damage: () => {
      truncateSync(inSnapshot("memory"), 0);
      truncateSync(inSnapshot("memory"), memoryBytes);
    },
    reason: /memory is not complete/,
  },
  "a memory that was written to": {
    damage: () => {
      const { atime, mtime } = statSync(inSnapshot("memory"));
      const file = openSync(inSnapshot("memory"), "r+");
      writeSync(file, "M", memoryBytes / 3);
      closeSync(file);
      utimesSync(inSnapshot("memory"), atime, mtime);
    },
    reason: /memory has been changed/,
  },
  "a torn state": {
    damage: () => truncateSync(inSnapshot("state"), 2),
    reason: /state is damaged/,
  },
  "another state": {
    damage: () => writeFileSync(inSnapshot("state"), "stale"),
    reason: /state is damaged/,
  },
  "a missing file": {
    damage: () => rmSync(inSnapshot("memory")),
    reason: /memory is missing/,
  },
  "a missing description": {
    damage: () => rmSync(inSnapshot("metadata.json")),
    reason: /metadata.json is missing/,
  },
  "a description of an older format": {
    damage: () => rewrite((text) => text.replace('"format": 2', '"format": 1')),
    reason: /describe itself/,
  },
  "a torn description": { damage: () => rewrite((text) => text.slice(0, 20)), reason: /describe/ },
  "a description of another machine": {
    damage: () => rewrite((text) => text.replace(key, keyOf("b"))),
    reason: /another machine/,
  },
  "a link in place of a file": {
    damage: () => {
      rmSync(inSnapshot("state"));
      symlinkSync("/etc/hostname", inSnapshot("state"));
    },
    reason: /state is a link/,
  },
  "a directory in place of a file": {
    damage: () => {
      rmSync(inSnapshot("memory"));
      mkdirSync(inSnapshot("memory"), { mode: 0o700 });
    },
    reason: /memory is no file/,
  },
  "a link in place of the directory": {
    damage: () => {
      rmSync(snapshotDir(key), { recursive: true });
      symlinkSync("/tmp", snapshotDir(key));
    },
    reason: /it is a link/,
  },
  "a file that others may read": {
    damage: () => chmodSync(inSnapshot("memory"), 0o644),
    reason: /memory is open to others/,
  },
  "a directory that others may enter": {
    damage: () => chmodSync(snapshotDir(key), 0o755),
    reason: /directory is open to others/,
  },
  "somebody else's file": {
    damage: () => chownSync(inSnapshot("state"), 65534, 65534),
    reason: /state belongs to somebody else/,
    skip: isRoot ? false : "only root can give files away",
  },
};

function rewrite(change: (text: string) => string): void {
  writeFileSync(
    inSnapshot("metadata.json"),
    change(readFileSync(inSnapshot("metadata.json"), "utf8")),
  );
}

for (const [name, { damage, reason, skip = false }] of Object.entries(damages)) {
  test(`${name} makes a snapshot bad`, { skip }, async (t) => {
    home(t);
    await keep();
    damage();
    await assert.rejects(openSnapshot(key, memoryBytes), (error) => {
      assert.ok(error instanceof BadSaved);
      assert.match(error.message, reason);
      return true;
    });
    await removeSnapshot(key);
    assert.deepEqual(readdirSync(warmDir()), []);
    assert.equal(await keep(), true);
  });
}

test("a machine of another size finds the snapshot unfit", async (t) => {
  home(t);
  await keep();
  await assert.rejects(openSnapshot(key, 2 * memoryBytes), /not complete/);
});

test("of two that keep the same machine the first wins, and a third does not begin", async (t) => {
  home(t);
  const first = (await beginSnapshot(key, [])) ?? assert.fail();
  assert.equal(await beginSnapshot(key, await warmNames()), undefined);
  assert.notEqual(await beginSnapshot(keyOf("b"), await warmNames()), undefined);
  rmSync(first, { recursive: true });
  assert.equal(await keep(key, "first"), true);
  assert.equal(await keep(key, "second"), false);
  assert.match(readFileSync(inSnapshot("memory"), "latin1"), /^first/);
});

test("what a killed process left does not hinder the next and is removed", async (t) => {
  home(t);
  const gone = ownerTag().replace(/-\d+-/, "-999999999-");
  mkdirSync(draftDir(key, gone));
  assert.equal(await keep(), true);
  await pruneSnapshots(2 ** 30);
  assert.deepEqual(readdirSync(warmDir()), [key]);
});

test("a draft of before a reboot is abandoned although its process id is in use again", async (t) => {
  home(t);
  const reused = ownerTag().replace(/^(\w+-\d+)-\d+-/, "$1-1-");
  mkdirSync(draftDir(key, reused));
  assert.equal(await keep(), true);
  await pruneSnapshots(2 ** 30);
  assert.deepEqual(readdirSync(warmDir()), [key]);
});

test("a snapshot that is being resumed can be removed: it is open", async (t) => {
  home(t);
  await keep();
  const saved = (await openSnapshot(key, memoryBytes)) ?? assert.fail("missing");
  await removeAllSnapshots();
  assert.equal(existsSync(snapshotDir(key)), false);
  const { buffer } = await saved.memory.read(Buffer.alloc(6), 0, 6, 0);
  assert.equal(buffer.toString(), "memory");
  await saved.memory.close();
});

test("the snapshots that were not used for longest go when there are too many", async (t) => {
  home(t);
  for (const digit of ["a", "b", "c"]) await keep(keyOf(digit), "x".repeat(100_000));
  const [one] = await listSnapshots();
  const size = one?.sizeBytes ?? 0;
  assert.ok(size > 100_000 && size < memoryBytes, "holes are not counted");
  const at = (digit: string, days: number) => {
    const time = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
    utimesSync(join(snapshotDir(keyOf(digit)), "metadata.json"), time, time);
  };
  at("a", 3);
  at("b", 1);
  at("c", 2);
  await touchSnapshot(keyOf("a"));
  await pruneSnapshots(2.5 * size);
  assert.deepEqual(
    (await listSnapshots()).map((snapshot) => snapshot.key),
    [keyOf("a"), keyOf("b")],
  );
  await pruneSnapshots(0);
  assert.equal((await listSnapshots()).length, 1, "the newest stays, whatever its size");
  await keep(keyOf("d"));
  at("a", 40);
  await pruneSnapshots(2 ** 30);
  assert.deepEqual(
    (await listSnapshots()).map((snapshot) => snapshot.key),
    [keyOf("d")],
  );
});

test("removing all also forgets failures, and leaves what is no snapshot alone", async (t) => {
  home(t);
  await keep();
  writeFileSync(join(warmDir(), `${key}.failures.json`), "{}");
  appendFileSync(join(warmDir(), "hashes.json"), "{}");
  assert.equal((await removeAllSnapshots({ dryRun: true })).length, 1);
  assert.equal((await removeAllSnapshots()).length, 1);
  assert.deepEqual(readdirSync(warmDir()), ["hashes.json"]);
});
