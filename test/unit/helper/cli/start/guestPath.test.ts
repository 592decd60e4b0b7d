import assert from "node:assert/strict";
import { test } from "node:test";
import { guestPathOf } from "#helper/cli/start/guestPath.ts";

test("the project is at its own path, unless that would cover what the sandbox needs", () => {
  const at = (dir: string, sandboxCwd?: string) => guestPathOf({ dir }, { sandboxCwd });
  for (const dir of ["/home/me/p", "/tmp/p", "/dev/shm/p", "/process"]) assert.equal(at(dir), dir);
  for (const dir of ["/", "/dev", "/proc", "/proc/1", "/sys/fs"]) {
    assert.throws(() => at(dir), { exitCode: 2, message: /cannot be at its own path/ }, dir);
    assert.equal(at(dir, "/inside"), "/inside");
  }
});
