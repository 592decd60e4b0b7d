import assert from "node:assert/strict";
import { test } from "node:test";
import { shellCall } from "#extension/services/program.ts";
import { isTerminalOf } from "#extension/terminal/terminalOf.ts";

const program = { nodePath: "/node", extensionPath: "/extensions/airlock-0.1.0" };
const { args: shellArgs, cwd } = shellCall(program, "/p", "");

test("a terminal of a sandbox is known by what it runs and where", () => {
  assert.ok(isTerminalOf("/p", { shellArgs, cwd }));
  assert.ok(isTerminalOf("/p", { shellArgs, cwd: { fsPath: "/p" } }));
});

test("other terminals are left alone", () => {
  assert.ok(!isTerminalOf("/q", { shellArgs, cwd }));
  assert.ok(!isTerminalOf("/p", { shellArgs: ["-l"], cwd }));
  assert.ok(!isTerminalOf("/p", { shellArgs: "exec", cwd }));
  assert.ok(!isTerminalOf("/p", {}));
  assert.ok(!isTerminalOf("/p", { shellArgs: ["/x/dist/airlock.cjs", "logs"], cwd }));
});
