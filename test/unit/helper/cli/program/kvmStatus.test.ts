import assert from "node:assert/strict";
import { test } from "node:test";
import { kvmText } from "#helper/cli/program/kvmStatus.ts";

test("the help ends with whether KVM is granted, denied or not there", () => {
  assert.match(kvmText(undefined), /^\nStatus:\n {2}KVM: granted;/);
  for (const code of ["EACCES", "EPERM"]) {
    assert.match(kvmText(code), /KVM: permission denied to \/dev\/kvm, /);
  }
  for (const code of ["ENOENT", "ENXIO"]) assert.match(kvmText(code), /KVM: not available, /);
});
