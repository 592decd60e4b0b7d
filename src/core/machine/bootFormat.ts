import type { MachineArch } from "./spec.ts";

/** The beginning of a boot file, and any other part of it. */
export type BootFile = {
  head: Uint8Array;
  read: (offset: number, length: number) => Promise<Uint8Array>;
};

/** As much of a file as `BootFile.head` has to have, where the file is that long. */
export const bootHeadBytes = 4096;

/** Why QEMU cannot boot a file as a kernel; undefined when it can. */
export async function kernelFlaw(file: BootFile, arch: MachineArch): Promise<string | undefined> {
  const { head } = file;
  if (arch === "arm64") {
    const isKernel = textAt(head, 0x38, "ARM\x64") || isCompressed(head);
    return isKernel ? undefined : "is no kernel for arm64: expected an `Image`";
  }
  if (textAt(head, 0x202, "HdrS")) return undefined;
  const isElf64 = textAt(head, 0, "\x7fELF\x02");
  if (isElf64 && (await hasPvhEntry(file))) return undefined;
  return isElf64
    ? "has no PVH entry: the kernel has to be built with CONFIG_PVH"
    : "is no kernel for x86-64: expected a `vmlinux` with PVH entry, or a `bzImage`";
}

/** Why the kernel cannot unpack a file as its first file system; undefined when it may. */
export function initramfsFlaw({ head }: BootFile): string | undefined {
  if (textAt(head, 0, "0707") || isCompressed(head)) return undefined;
  return "is no initial RAM file system: expected a cpio archive, plain or compressed";
}

/** gzip, zstd, xz, lz4, bzip2, lzma and lzop: what Linux knows. */
const compressions = [
  "\x1f\x8b",
  "\x28\xb5\x2f\xfd",
  "\xfd7zXZ\0",
  "\x02\x21\x4c\x18",
  "BZh",
  "\x5d\0\0",
  "\x89LZO",
];

function isCompressed(head: Uint8Array): boolean {
  return compressions.some((magic) => textAt(head, 0, magic));
}

/** Whether bytes stand somewhere, each given as a character. */
function textAt(bytes: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((each, index) => bytes[offset + index] === each.charCodeAt(0));
}

const noteSegment = 4;
const pvhNoteType = 18;
/** More than the notes of any kernel take. */
const maxNoteBytes = 1 << 16;

/** Looks for Xen's note with the 32-bit entry in all segments with notes. */
async function hasPvhEntry({ head, read }: BootFile): Promise<boolean> {
  const view = viewOf(head);
  if (view.byteLength < 64) return false;
  const table = Number(view.getBigUint64(32, true));
  const [size, count] = [view.getUint16(54, true), view.getUint16(56, true)];
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    if (at + 56 > view.byteLength || size < 56) return false;
    if (view.getUint32(at, true) !== noteSegment) continue;
    const offset = Number(view.getBigUint64(at + 8, true));
    const length = Number(view.getBigUint64(at + 32, true));
    if (hasPvhNote(await read(offset, Math.min(length, maxNoteBytes)))) return true;
  }
  return false;
}

function hasPvhNote(notes: Uint8Array): boolean {
  const view = viewOf(notes);
  for (let at = 0; at + 12 <= view.byteLength; ) {
    const [nameBytes, dataBytes] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    if (view.getUint32(at + 8, true) === pvhNoteType && textAt(notes, at + 12, "Xen\0"))
      return true;
    at += 12 + padded(nameBytes) + padded(dataBytes);
  }
  return false;
}

/** Names and data of notes begin at multiples of four bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
