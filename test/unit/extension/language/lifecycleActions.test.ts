import assert from "node:assert/strict";
import { test } from "node:test";
import { lifecycleActions } from "#extension/language/lifecycleActions.ts";
import type { SandboxState } from "#extension/sandboxes/state.ts";
import { fakeStatus } from "#test/support/fakeStatus.ts";

test("the lenses offer what the state of the sandbox allows", () => {
  const progress = { phase: "boot", text: "Booting", amount: null };
  const failure = { code: "x", message: "x", hint: null };
  const states: SandboxState[] = [
    { kind: "stopped", status: null },
    { kind: "starting", progress, status: null, own: true },
    { kind: "running", status: fakeStatus("/p") },
    { kind: "stopping", status: null },
    { kind: "suspended", status: fakeStatus("/p", { status: "suspended" }) },
    { kind: "failed", failure, status: null },
  ];
  assert.deepEqual(
    states.map((state) => lifecycleActions(state).map(({ title, command }) => [title, command])),
    [
      [["$(play) Start Sandbox", "airlock.start"]],
      [
        ["$(loading~spin) Starting: boot", undefined],
        ["$(close) Cancel Start", "airlock.stop"],
      ],
      [
        ["$(debug-stop) Stop Sandbox", "airlock.stop"],
        ["$(debug-pause) Suspend Sandbox", "airlock.suspend"],
        ["$(debug-restart) Restart Sandbox", "airlock.restart"],
        ["$(terminal) Open Terminal", "airlock.openTerminal"],
      ],
      [["$(loading~spin) Stopping", undefined]],
      [
        ["$(play) Resume Sandbox", "airlock.start"],
        ["$(discard) Discard Saved Programs…", "airlock.discardSuspended"],
      ],
      [["$(play) Start Sandbox", "airlock.start"]],
    ],
  );
});
