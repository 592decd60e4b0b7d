import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { projectAt } from "#helper/sandbox/project.ts";
import { hiddenPaths } from "#helper/sandbox/userFiles.ts";
import { tempTree } from "../../../support/tempTree.ts";

test("a guest sees neither the sandbox's state nor our stored programs, wherever they are", (t) => {
  const { HOME } = process.env;
  t.after(() => {
    process.env.HOME = HOME;
  });
  const root = realpathSync(tempTree(t, { "home/x": "", "project/x": "" }));
  process.env.HOME = join(root, "home");
  assert.deepEqual(hiddenPaths(projectAt(join(root, "project"))), [".airlock"]);
  assert.deepEqual(hiddenPaths(projectAt(join(root, "home"))), [".airlock", ".cache/airlock"]);
  mkdirSync(join(root, "project", "cache"));
  symlinkSync("../project/cache", join(root, "home", ".cache"));
  assert.deepEqual(hiddenPaths(projectAt(join(root, "project"))), [".airlock", "cache/airlock"]);
});
