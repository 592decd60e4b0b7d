import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { imageSizeLimit } from "#helper/image/sizeLimit.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("the largest image is 20 GB, or what settings or the environment say", async (t) => {
  const home = process.env.HOME;
  process.env.HOME = tempTree(t, {});
  t.after(() => {
    process.env.HOME = home;
  });
  assert.equal(await imageSizeLimit({}), 20 * 2 ** 30);
  mkdirSync(join(process.env.HOME, ".airlock"));
  const settings = join(process.env.HOME, ".airlock/settings.toml");
  writeFileSync(settings, '[images]\nmax_size = "30 GB"\n');
  assert.equal(await imageSizeLimit({}), 30 * 2 ** 30);
  assert.equal(await imageSizeLimit({ AIRLOCK_MAX_IMAGE_SIZE: "1.5 GB" }), 1.5 * 2 ** 30);
  for (const text of ["much", "0 GB", "-1 GB", "12"]) {
    await assert.rejects(imageSizeLimit({ AIRLOCK_MAX_IMAGE_SIZE: text }), {
      code: "settings",
      message: /AIRLOCK_MAX_IMAGE_SIZE is ".*", no size/,
    });
  }
  for (const text of ["0 B", "101 GB", "some"]) {
    writeFileSync(settings, `[images]\nmax_size = "${text}"\n`);
    await assert.rejects(imageSizeLimit({}), { code: "settings" });
  }
});
