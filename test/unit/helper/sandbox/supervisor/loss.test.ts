import assert from "node:assert/strict";
import { test } from "node:test";
import { lossError } from "#helper/sandbox/supervisor/loss.ts";

const end = { code: 0, signal: null, log: "" };

test("a guest that powered itself off has failed in nothing", () => {
  assert.equal(lossError(end), undefined);
});

test("a panic ends the machine quietly but is a failure with its log", () => {
  const error = lossError({ ...end, log: "Kernel panic - not syncing" });
  assert.equal(error?.code, "machine-ended");
  assert.match(error?.message ?? "", /by a kernel panic\. Its last output:\nKernel panic/);
});

test("a killed machine, a failed one and a lost link are told apart", () => {
  assert.match(
    lossError({ ...end, code: null, signal: "SIGKILL" })?.message ?? "",
    /by SIGKILL\.$/,
  );
  assert.match(lossError({ ...end, code: 1 })?.message ?? "", /with code 1\.$/);
  assert.equal(lossError(undefined)?.code, "link-lost");
});
