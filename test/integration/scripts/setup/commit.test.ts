import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commitOf } from "../../../../scripts/setup/commit.mjs";
import { tempTree } from "../../../support/tempTree.ts";

test("a checkout has a commit, a changed one says so, and no other tree has one", (t) => {
  const tree = tempTree(t, { "checkout/file": "1\n", "checkout/unpacked/file": "1\n" });
  const checkout = join(tree, "checkout");
  assert.equal(commitOf(tree), undefined);
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", checkout, ...who, ...words], { encoding: "utf8" });
  git("init", "--quiet");
  git("add", "file");
  git("commit", "--quiet", "--message", "one");
  const commit = git("rev-parse", "--short=12", "HEAD").trim();
  assert.equal(commitOf(checkout), commit);
  assert.equal(commitOf(join(checkout, "unpacked")), undefined);
  writeFileSync(join(checkout, "file"), "2\n");
  assert.equal(commitOf(checkout), `${commit}-dirty`);
});
