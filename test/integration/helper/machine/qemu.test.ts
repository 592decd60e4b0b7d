import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findQemu } from "#helper/machine/qemu.ts";
import { tempTree } from "#test/support/tempTree.ts";

function useQemu(t: TestContext, script: string): void {
  const root = tempTree(t, { qemu: `#!/bin/sh\n${script}\n` });
  chmodSync(join(root, "qemu"), 0o755);
  setQemu(t, join(root, "qemu"));
}

function setQemu(t: TestContext, path: string): void {
  process.env.AIRLOCK_QEMU = path;
  t.after(() => delete process.env.AIRLOCK_QEMU);
}

test("the installed QEMU is found with its version", async () => {
  const { path, version } = await findQemu(process.arch === "arm64" ? "arm64" : "x64");
  assert.match(path, /qemu-system-/);
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test("an old QEMU is refused with both versions", async (t) => {
  useQemu(t, "echo QEMU emulator version 6.2.0");
  await assert.rejects(findQemu("x64"), { code: "qemu-too-old", message: /6\.2\.0.*7\.2\.0/ });
});

test("a missing QEMU is an error that names the package", async (t) => {
  setQemu(t, "/no/such/qemu");
  await assert.rejects(findQemu("x64"), { code: "qemu-missing", hint: /qemu-system-x86|brew/ });
});

test("a program that is not QEMU is refused", async (t) => {
  useQemu(t, "echo I am a teapot");
  await assert.rejects(findQemu("x64"), { code: "qemu-missing" });
});
