import assert from "node:assert/strict";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { countFailure, forgetFailures, isHopeless } from "#helper/warm/failures.ts";
import { fileHashes } from "#helper/warm/fileHash.ts";
import { hashesFile } from "#helper/warm/paths.ts";
import { tempTree } from "#test/support/tempTree.ts";

const sha256OfOne = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const sha256OfTwo = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

test("a file is hashed once, and again when it was written, even with its old time", async (t) => {
  process.env.HOME = tempTree(t, {});
  const path = join(tempTree(t, { file: "one" }), "file");
  assert.deepEqual(await fileHashes([path, path]), [sha256OfOne, sha256OfOne]);
  const known = readFileSync(hashesFile(), "utf8");
  writeFileSync(hashesFile(), known.replaceAll(sha256OfOne, "remembered"));
  assert.deepEqual(await fileHashes([path]), ["remembered"]);
  const time = new Date(1_700_000_000_000);
  utimesSync(path, time, time);
  writeFileSync(path, "two");
  utimesSync(path, time, time);
  assert.deepEqual(await fileHashes([path]), [sha256OfTwo]);
});

test("damaged hashes are made again", async (t) => {
  process.env.HOME = tempTree(t, { ".cache/airlock/warm/hashes.json": "{" });
  const path = join(tempTree(t, { file: "one" }), "file");
  assert.deepEqual(await fileHashes([path]), [sha256OfOne]);
});

test("after three failures in a row a machine is hopeless, until it is resumed once", async (t) => {
  process.env.HOME = tempTree(t, {});
  for (const expected of [false, false, false]) {
    assert.equal(await isHopeless("k"), expected);
    await countFailure("k");
  }
  assert.equal(await isHopeless("k"), true);
  assert.equal(await isHopeless("other"), false);
  await forgetFailures("k");
  assert.equal(await isHopeless("k"), false);
});
