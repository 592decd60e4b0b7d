import { deviceOutOfRange } from "./errors.ts";
import { encodeXattrs, type Xattr, xattrCount } from "./xattrs.ts";

export const blockBytes = 4096;
export const inodeBytes = 64;
/** Inodes lie at multiples of this; a node id is the byte offset divided by it. */
export const inodeSlotBytes = 32;
/** A last, partial block up to this size is worth starting a new metadata block for. */
export const worthwhileTailBytes = 2048;
/** For padding. */
export const zeroBlock: Uint8Array = new Uint8Array(blockBytes);
/** Where the link count lies inside an inode, for patching it once all names are known. */
export const linkCountOffset = 44;

export const fileKinds = [
  "file",
  "directory",
  "characterDevice",
  "blockDevice",
  "fifo",
  "socket",
  "symlink",
] as const;

export type FileKind = (typeof fileKinds)[number];

/** What every inode has, whatever its kind. */
export type InodeAttributes = {
  /** The lower twelve bits: permissions, set-user-id, set-group-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970; may be negative. */
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly xattrs: readonly Xattr[];
};

/** How the content of an inode is stored. */
export type InodeBody = {
  /** The last, partial block follows the inode instead of having its own block. */
  readonly inline: boolean;
  readonly sizeBytes: number;
  /** First data block, or the encoded device number. */
  readonly location: number;
  readonly links: number;
  /** Inode number for 32-bit programs. */
  readonly serial: number;
};

type KindCodes = { typeBits: number; direntType: number };

const kindCodes: Record<FileKind, KindCodes> = {
  file: { typeBits: 0o100000, direntType: 1 },
  directory: { typeBits: 0o040000, direntType: 2 },
  characterDevice: { typeBits: 0o020000, direntType: 3 },
  blockDevice: { typeBits: 0o060000, direntType: 4 },
  fifo: { typeBits: 0o010000, direntType: 5 },
  socket: { typeBits: 0o140000, direntType: 6 },
  symlink: { typeBits: 0o120000, direntType: 7 },
};

/** The type byte of a directory entry. */
export function direntType(kind: FileKind): number {
  return kindCodes[kind].direntType;
}

/**
 * One extended (64-byte) inode with its attribute area. The compact form has no modification time of
 * its own and only 16-bit ids, so it is never used. The result is valid until the next call: a buffer
 * for each of a million inodes would cost more than everything else.
 */
export function encodeInode(
  kind: FileKind,
  attributes: InodeAttributes,
  body: InodeBody,
): Uint8Array {
  const xattrs = encodeXattrs(attributes.xattrs);
  plainView.setUint16(0, 1 | (body.inline ? 2 << 1 : 0), true);
  plainView.setUint16(2, xattrCount(xattrs.length), true);
  plainView.setUint16(4, kindCodes[kind].typeBits | (attributes.mode & 0o7777), true);
  putInteger64(8, body.sizeBytes);
  plainView.setUint32(16, body.location, true);
  plainView.setUint32(20, body.serial >>> 0, true);
  plainView.setUint32(24, attributes.uid, true);
  plainView.setUint32(28, attributes.gid, true);
  putInteger64(32, attributes.mtimeSeconds);
  plainView.setUint32(40, attributes.mtimeNanoseconds, true);
  plainView.setUint32(linkCountOffset, body.links, true);
  if (xattrs.length === 0) return plainRecord;
  const record = new Uint8Array(inodeBytes + xattrs.length);
  record.set(plainRecord);
  record.set(xattrs, inodeBytes);
  return record;
}

const plainRecord = new Uint8Array(inodeBytes);
const plainView = new DataView(plainRecord.buffer);

/** Two's complement of 64 bits. */
function putInteger64(offset: number, value: number): void {
  plainView.setUint32(offset, value % 2 ** 32, true);
  plainView.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

/** A device number as the kernel's `new_encode_dev` writes it. */
export function encodeDevice(major: number, minor: number): number {
  const fits = major >= 0 && major < 1 << 12 && minor >= 0 && minor < 1 << 20;
  if (!fits) throw deviceOutOfRange(major, minor);
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}
