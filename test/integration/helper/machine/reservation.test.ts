import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { reserve } from "#helper/machine/memory/reservation.ts";
import { tempTree } from "#test/support/tempTree.ts";

const megabyte = 2 ** 20;
const own = `airlock-${process.getuid?.()}`;
const skip = process.getuid?.() === 0 ? false : "only root can mount";

/** A file system in memory with room for 64 MB. */
function smallMemory(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "r-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=1777", "airlock-test", root]);
  t.after(() => {
    execFileSync("umount", ["--lazy", root]);
    rmdirSync(root);
  });
  return root;
}

test("machines get room until it is used up, and again when one has gone", { skip }, async (t) => {
  const root = smallMemory(t);
  const first = (await reserve(root, 30 * megabyte)) ?? assert.fail("no room");
  assert.ok(await reserve(root, 30 * megabyte));
  assert.equal(await reserve(root, 10 * megabyte), undefined);
  await first.release();
  assert.ok(await reserve(root, 10 * megabyte));
  assert.equal(readdirSync(join(root, own)).length, 2);
});

test("what others have written counts", { skip }, async (t) => {
  const root = smallMemory(t);
  writeFileSync(join(root, "other"), Buffer.alloc(40 * megabyte));
  assert.equal(await reserve(root, 30 * megabyte), undefined);
  assert.ok(await reserve(root, 20 * megabyte));
});

test("of two at once at most as many get room as there is", { skip }, async (t) => {
  const root = smallMemory(t);
  const both = await Promise.all([reserve(root, 40 * megabyte), reserve(root, 40 * megabyte)]);
  assert.ok(both.filter((one) => one !== undefined).length <= 1);
});

test("what a killed process had reserved is free again", { skip }, async (t) => {
  const root = smallMemory(t);
  mkdirSync(join(root, own), { mode: 0o700 });
  const left = join(root, own, `${process.pid}-1-0123456789abcdef.reserved`);
  writeFileSync(left, "");
  truncateSync(left, 60 * megabyte);
  assert.ok(await reserve(root, 60 * megabyte));
  assert.equal(readdirSync(join(root, own)).length, 1);
});

test("a directory that is not only ours is not used", async (t) => {
  const root = tempTree(t, {});
  mkdirSync(join(root, own));
  chmodSync(join(root, own), 0o777);
  assert.equal(await reserve(root, megabyte), undefined);
  const elsewhere = tempTree(t, {});
  const linked = tempTree(t, {});
  symlinkSync(elsewhere, join(linked, own));
  assert.equal(await reserve(linked, megabyte), undefined);
  assert.deepEqual(readdirSync(elsewhere), []);
});
