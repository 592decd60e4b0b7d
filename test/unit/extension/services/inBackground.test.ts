import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { inBackground } from "#extension/services/inBackground.ts";

test("what nobody waits for tells the log when it fails, and only then", async () => {
  const said: string[] = [];
  const logger = { error: (text: string) => said.push(text) };
  inBackground("the good", Promise.resolve(1), logger);
  inBackground("the bad", Promise.reject(new Error("no such file")), logger);
  await setImmediate();
  assert.deepEqual(said, ["the bad: Error: no such file"]);
});
