import assert from "node:assert/strict";
import { test } from "node:test";
import { type BootFile, initramfsFlaw, kernelFlaw } from "#core/machine/bootFormat.ts";

function bootFile(bytes: Buffer): BootFile {
  return {
    head: bytes.subarray(0, 4096),
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

function withText(offset: number, text: string): BootFile {
  const bytes = Buffer.alloc(8192);
  bytes.write(text, offset, "latin1");
  return bootFile(bytes);
}

/** An ELF file with one segment of the given notes, beyond the head. */
function elf(notes: [name: string, type: number, dataBytes: number][]): BootFile {
  const bytes = Buffer.alloc(8192);
  bytes.write("\x7fELF\x02\x01\x01", "latin1");
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(2, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeUInt32LE(4, 120);
  bytes.writeBigUInt64LE(5000n, 128);
  let at = 5000;
  for (const [name, type, dataBytes] of notes) {
    bytes.writeUInt32LE(name.length + 1, at);
    bytes.writeUInt32LE(dataBytes, at + 4);
    bytes.writeUInt32LE(type, at + 8);
    bytes.write(name, at + 12);
    at += 12 + Math.ceil((name.length + 1) / 4) * 4 + Math.ceil(dataBytes / 4) * 4;
  }
  bytes.writeBigUInt64LE(BigInt(at - 5000), 152);
  return bootFile(bytes);
}

test("kernels for x86-64 are ELF files with a PVH entry, and bzImages", async () => {
  const withPvh = elf([
    ["GNU", 3, 20],
    ["Xen", 18, 8],
  ]);
  assert.equal(await kernelFlaw(withPvh, "x64"), undefined);
  assert.equal(await kernelFlaw(withText(0x202, "HdrS"), "x64"), undefined);
  assert.match((await kernelFlaw(elf([["GNU", 3, 20]]), "x64")) ?? "", /no PVH entry/);
  assert.match((await kernelFlaw(withText(0x38, "ARM\x64"), "x64")) ?? "", /no kernel for x86-64/);
  for (const text of ["", "\x7fELF\x02", "\x7fELF\x01"]) {
    const flaw = await kernelFlaw(bootFile(Buffer.from(text, "latin1")), "x64");
    assert.match(flaw ?? "", /no PVH|no kernel/);
  }
});

test("kernels for arm64 are Images, which may be compressed", async () => {
  assert.equal(await kernelFlaw(withText(0x38, "ARM\x64"), "arm64"), undefined);
  assert.equal(await kernelFlaw(withText(0, "\x1f\x8b"), "arm64"), undefined);
  assert.match((await kernelFlaw(elf([["Xen", 18, 8]]), "arm64")) ?? "", /no kernel for arm64/);
});

test("an initramfs is a cpio archive, plain or compressed", () => {
  for (const text of ["070701", "070702", "\x1f\x8b", "\x28\xb5\x2f\xfd", "\xfd7zXZ\0"]) {
    assert.equal(initramfsFlaw(withText(0, text)), undefined);
  }
  for (const text of ["", "PK\x03\x04", "\x7fELF"]) {
    assert.match(initramfsFlaw(withText(0, text)) ?? "", /cpio/);
  }
});
