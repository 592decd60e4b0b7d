// Run as another user by unprivileged.test.ts: a first start and a second one.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startWarmly } from "#test/support/warm.ts";

test("an ordinary user's second start resumes the machine", async (t) => {
  const first = await startWarmly(t);
  assert.equal(first.startKind, "cold");
  const second = await startWarmly(t);
  assert.equal(second.startKind, "warm", [...first.lines, ...second.lines].join("\n"));
  assert.equal((await second.run("cat", join(second.project, "file"))).stdout, "from the host\n");
});
