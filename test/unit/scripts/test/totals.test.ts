import assert from "node:assert/strict";
import test from "node:test";
import {
  addTotals,
  formatTotals,
  goTotals,
  noTotals,
  oneFailure,
} from "../../../../scripts/test/totals.ts";

const lines = (events: object[]): string => events.map((event) => JSON.stringify(event)).join("\n");

test("a run without skipped tests ends in passed and failed", () => {
  assert.equal(formatTotals({ ...noTotals(), passed: 3 }), "3 passed, 0 failed");
});

test("skipped tests are named in the last line", () => {
  assert.equal(
    formatTotals({ ...noTotals(), passed: 3, skipped: 1 }),
    "3 passed, 0 failed, 1 skipped",
  );
});

test("counts add up with their descriptions", () => {
  const sum = addTotals(oneFailure("a"), oneFailure("b"));
  assert.deepEqual(sum, { ...noTotals(), failed: 2, failures: ["a", "b"] });
});

test("Go tests count by their own events, subtests included", () => {
  const report = lines([
    { Action: "run", Package: "p", Test: "TestA" },
    { Action: "pass", Package: "p", Test: "TestA/one" },
    { Action: "pass", Package: "p", Test: "TestA" },
    { Action: "output", Package: "p", Test: "TestB", Output: "    b_test.go:3: needs root\n" },
    { Action: "skip", Package: "p", Test: "TestB" },
    { Action: "pass", Package: "p" },
  ]);
  assert.deepEqual(goTotals(report), {
    ...noTotals(),
    passed: 2,
    skipped: 1,
    skips: ["p TestB: b_test.go:3: needs root"],
  });
});

test("a failing Go test counts once, not again for its package", () => {
  const report = lines([
    { Action: "output", Package: "p", Test: "TestA", Output: "wrong\n" },
    { Action: "fail", Package: "p", Test: "TestA" },
    { Action: "fail", Package: "p" },
  ]);
  assert.deepEqual(goTotals(report).failures, ["p TestA\nwrong\n"]);
});

test("a Go package that does not build is a failure", () => {
  const report = lines([
    { ImportPath: "p", Action: "build-output", Output: "x.go:1: syntax error\n" },
    { ImportPath: "p", Action: "build-fail" },
  ]);
  assert.equal(goTotals(report).failed, 1);
});

test("output of Go tools between the events is passed over", () => {
  assert.deepEqual(goTotals("go: downloading example v1\n"), noTotals());
});
