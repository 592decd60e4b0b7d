import assert from "node:assert/strict";
import { test } from "node:test";
import { CliError, exitCodeOf, interrupted, usageError } from "#helper/cli/errors.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";

test("every kind of failure has its exit code", () => {
  assert.equal(exitCodeOf(new Error("unexpected")), 1);
  assert.equal(exitCodeOf(new SandboxError("running", "It runs.")), 1);
  assert.equal(exitCodeOf(usageError("Wrong.")), 2);
  assert.equal(exitCodeOf(new CliError("config", "Config error", { exitCode: 2 })), 2);
  assert.equal(exitCodeOf(new SandboxError("init-failed", "No disk.")), 100);
  assert.equal(exitCodeOf(new SandboxError("cancelled", "Stopped.")), 130);
  assert.equal(exitCodeOf(interrupted()), 130);
});
