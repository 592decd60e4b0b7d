import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatQemuVersion,
  isAtLeast,
  minimumQemuVersion,
  parseQemuVersion,
} from "#core/machine/version.ts";

test("the version is read from what distributions print", () => {
  const texts = {
    "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright": "7.2.22",
    "QEMU emulator version 10.0.2": "10.0.2",
    "QEMU emulator version 8.2": "8.2.0",
  };
  for (const [text, version] of Object.entries(texts)) {
    const parsed = parseQemuVersion(text);
    assert.equal(parsed && formatQemuVersion(parsed), version);
  }
});

test("another program's version is not QEMU's", () => {
  assert.equal(parseQemuVersion("virtiofsd 1.13.2"), undefined);
  assert.equal(parseQemuVersion(""), undefined);
});

test("versions are compared as numbers, the first difference decides", () => {
  const atLeast = (text: string) => {
    const version = parseQemuVersion(`QEMU emulator version ${text}`);
    return version !== undefined && isAtLeast(version, minimumQemuVersion);
  };
  assert.deepEqual(["7.2.0", "7.10.0", "10.0.0", "8.0"].map(atLeast), [true, true, true, true]);
  assert.deepEqual(["7.1.9", "6.9.9", "5.2"].map(atLeast), [false, false, false]);
});
