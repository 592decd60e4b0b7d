import assert from "node:assert/strict";
import { test } from "node:test";
import { snapshotOf } from "#extension/panel/snapshot.ts";
import type { SandboxState } from "#extension/sandboxes/state.ts";
import { snapshotSchema } from "#shared/protocol/panel.ts";
import { fakeStatus } from "../../../support/fakeStatus.ts";

const facts = {
  folder: "file:///p",
  folderName: "p",
  configured: true,
  hasProjectFile: false,
  trusted: true,
};
const failure = { code: "disk", message: "The disk is full.", hint: null };
const progress = {
  phase: "image",
  text: "Pulling",
  amount: { doneBytes: 1, totalBytes: 3 },
  details: "3 MiB/s, 6 s left, 2/5 layers",
};

test("what the panel gets of a sandbox arrives whole, with rate and layers of a pull", () => {
  const states: SandboxState[] = [
    { kind: "starting", progress, status: null, own: true },
    { kind: "failed", failure, status: null },
    { kind: "suspended", status: fakeStatus("/p", { status: "suspended" }) },
    { kind: "running", status: fakeStatus("/p") },
  ];
  const seen = states.map((state) => snapshotSchema.parse(snapshotOf(facts, state)));
  assert.deepEqual(seen[0]?.state, { kind: "starting", ...progress });
  assert.deepEqual(seen[1]?.state, { kind: "failed", ...failure });
  assert.deepEqual(
    seen.slice(2).map(({ state, status }) => [state, status?.status]),
    [
      [{ kind: "suspended" }, "suspended"],
      [{ kind: "running" }, "running"],
    ],
  );
});
