import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { machineFacts } from "#helper/machine/facts.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("missing boot assets are an error with a way out, and every fact has its own id", async (t) => {
  const root = tempTree(t, { vm: "not a directory" });
  const { HOME, AIRLOCK_ASSETS } = process.env;
  Object.assign(process.env, { HOME: root, AIRLOCK_ASSETS: join(root, "dist") });
  t.after(() => {
    Object.assign(process.env, { HOME }, AIRLOCK_ASSETS && { AIRLOCK_ASSETS });
    if (!AIRLOCK_ASSETS) delete process.env.AIRLOCK_ASSETS;
  });
  const facts = await machineFacts();
  const ids = facts.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const assets = facts.find(({ id }) => id === "boot-assets");
  assert.equal(assets?.ok, "error");
  assert.ok(assets?.fix);
  assert.ok(facts.every(({ title, detail }) => title !== "" && detail !== ""));
});
