import assert from "node:assert/strict";
import { test } from "node:test";
import { approvalText } from "#extension/approval/approvalText.ts";

const digest = `sha256:${"0".repeat(64)}`;

test("a first question lists what is asked for, a later one what has changed", () => {
  const after = "mounts.a = 1\nvm.kvm = true\n";
  const first = approvalText("web", { digest, before: "", after, diff: "" });
  assert.match(first.message, /web asks for more than its own folder/);
  assert.match(first.detail, /^mounts\.a = 1\nvm\.kvm = true\n\nApprove only/);
  const diff =
    "--- approved\n+++ configuration\n@@ -1,2 +1,2 @@\n vm.kvm = true\n-mounts.a = 0\n+mounts.a = 1\n";
  const later = approvalText("web", { digest, before: "x\n", after, diff });
  assert.match(later.message, /something else than you approved/);
  assert.match(later.detail, /^-mounts\.a = 0\n\+mounts\.a = 1\n\nApprove/);
});

test("what does not fit the dialog is counted, and long lines are cut", () => {
  const after = `${"x".repeat(500)}\n${"y\n".repeat(20)}`;
  const { detail } = approvalText("web", { digest, before: "", after, diff: "" });
  const lines = detail.split("\n");
  assert.equal(lines[0]?.length, 120);
  assert.equal(lines[12], "… and 9 more lines");
});
