import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { tempTree } from "#test/support/tempTree.ts";
import type { Totals } from "#test/support/totalsReporter.ts";
import { runStage } from "../../../../scripts/test/runStage.ts";
import type { Stage } from "../../../../scripts/test/stages.ts";

const head = 'import test from "node:test";\n';

/** Runs one test file as a stage of its own. */
async function runFile(
  t: TestContext,
  text: string,
  changes: Partial<Stage> = {},
): Promise<Totals> {
  const folder = tempTree(t, { "a.test.ts": text });
  const command = [process.execPath, "--test", "--test-force-exit", join(folder, "a.test.ts")];
  const stage: Stage = {
    size: "unit",
    name: "s",
    kind: "node",
    command,
    cwd: ".",
    timeoutMs: 30_000,
  };
  return runStage({ ...stage, ...changes }, { quiet: true });
}

test("passed, failed and skipped tests are counted, the skipped with their reason", async (t) => {
  const totals = await runFile(
    t,
    `${head}test("a", () => {}); test("b", () => { throw new Error("x"); }); test("c", { skip: "no kvm" }, () => {});`,
  );
  assert.deepEqual([totals.passed, totals.failed, totals.skipped], [1, 1, 1]);
  assert.deepEqual(totals.skips, ["c: no kvm"]);
});

test("tests inside suites count, suites do not", async (t) => {
  const totals = await runFile(
    t,
    `import { describe, it } from "node:test"; describe("s", () => { it("a", () => {}); it("b", () => {}); });`,
  );
  assert.deepEqual([totals.passed, totals.failed], [2, 0]);
});

test("a file that ends before its tests are done is a failure", async (t) => {
  assert.equal((await runFile(t, "process.exit(3);")).failed, 1);
});

test("a file without a test is a failure", async (t) => {
  assert.match((await runFile(t, "")).failures.join(), /the file has no test/);
});

test("a stage without a file is a failure", async () => {
  const command = [process.execPath, "--test", "test/nothing/**/*.test.ts"];
  const stage: Stage = { size: "x", name: "x", kind: "node", command, cwd: ".", timeoutMs: 30_000 };
  assert.deepEqual((await runStage(stage, { quiet: true })).failures, ["x: no test ran"]);
});

test("a stage that hangs is ended at its deadline and counts as failed, with what it had done", async (t) => {
  const totals = await runFile(
    t,
    `${head}test("a", () => {}); test("b", () => new Promise(() => setInterval(() => {}, 1000)));`,
    { timeoutMs: 3_000 },
  );
  assert.deepEqual([totals.passed, totals.failed], [1, 1]);
  assert.match(totals.failures.join(), /not done after/);
});

test("a process that a test leaves running is ended and counts as failed", async (t) => {
  const totals = await runFile(
    t,
    `${head}import { spawn } from "node:child_process";
     test("a", () => { spawn("sleep", ["300"], { detached: true, stdio: "ignore" }).unref(); });`,
  );
  assert.equal(totals.passed, 1);
  assert.match(totals.failures.join(), /left running: process \d+: sleep 300/);
});

test("a check passes and fails by its exit code", async () => {
  const check = (command: string[]): Promise<Totals> =>
    runStage(
      { size: "c", name: "c", kind: "check", command, cwd: ".", timeoutMs: 30_000 },
      { quiet: true },
    );
  assert.equal((await check(["true"])).passed, 1);
  assert.equal((await check(["false"])).failed, 1);
  assert.equal((await check(["no-such-program"])).failed, 1);
});
