import assert from "node:assert/strict";
import { test } from "node:test";
import { tellNews } from "#helper/image/news.ts";
import { tempTree } from "#test/support/tempTree.ts";

test("what is newer is told once a day, and what is newer still at once", async (t) => {
  const home = process.env.HOME;
  process.env.HOME = tempTree(t, {});
  t.after(() => {
    process.env.HOME = home;
  });
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-01-01T12:00:00Z") });
  const told: string[] = [];
  const news = (name: string, digest: string, canTell = true) =>
    tellNews(name, digest, () => {
      if (canTell) told.push(`${name} ${digest}`);
      return canTell;
    });
  await news("app", "1", false);
  await news("app", "1");
  await news("app", "1");
  await news("other", "1");
  await news("app", "2");
  assert.deepEqual(told.splice(0), ["app 1", "other 1", "app 2"]);
  t.mock.timers.tick(23 * 3_600_000);
  await news("app", "2");
  assert.deepEqual(told, []);
  t.mock.timers.tick(3_600_000);
  await news("app", "2");
  assert.deepEqual(told, ["app 2"]);
});
