import assert from "node:assert/strict";
import { test } from "node:test";
import {
  elfSection,
  interpreterOf,
  moduleInfo,
  neededLibraries,
} from "../../../../scripts/assets/elf.ts";
import { elfFile, kernelModule } from "./elfFile.ts";

test("a module's description keeps values with an equals sign", () => {
  assert.deepEqual(moduleInfo(kernelModule("a,b")), [
    ["license", "GPL"],
    ["depends", "a,b"],
    ["vermagic", "6.1=x"],
  ]);
});

test("needed libraries are those of the dynamic section", () => {
  const dynamic = Buffer.alloc(48);
  dynamic.writeBigInt64LE(1n, 0);
  dynamic.writeBigInt64LE(1n, 8);
  dynamic.writeBigInt64LE(14n, 16);
  dynamic.writeBigInt64LE(1n, 32);
  dynamic.writeBigInt64LE(6n, 40);
  const file = elfFile({
    ".dynamic": dynamic,
    ".dynstr": Buffer.from("\0liba\0libb\0"),
    ".interp": Buffer.from("/lib/ld.so\0"),
  });
  assert.deepEqual(neededLibraries(file), ["liba", "libb"]);
  assert.equal(interpreterOf(file), "/lib/ld.so");
});

test("a static program needs no library and no loader", () => {
  const file = elfFile({ ".text": Buffer.from("code") });
  assert.deepEqual(neededLibraries(file), []);
  assert.equal(interpreterOf(file), undefined);
  assert.equal(elfSection(file, ".text")?.toString(), "code");
});

test("what is not ELF is refused", () => {
  assert.throws(() => elfSection(Buffer.alloc(64), ".text"), /not a 64-bit/);
});
