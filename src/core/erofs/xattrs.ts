import { type ByteString, printable, putByteString } from "./byteString.ts";
import { xattrsTooLarge, xattrTooLarge } from "./errors.ts";

/** One extended attribute with its full name, such as `security.capability`. */
export type Xattr = { readonly name: ByteString; readonly value: Uint8Array };

type Namespace = { prefix: string; index: number; exact: boolean };

// The name spaces the on-disk format knows; the kernel serves no others.
const namespaces: readonly Namespace[] = [
  { prefix: "user.", index: 1, exact: false },
  { prefix: "system.posix_acl_access", index: 2, exact: true },
  { prefix: "system.posix_acl_default", index: 3, exact: true },
  { prefix: "trusted.", index: 4, exact: false },
  { prefix: "security.", index: 6, exact: false },
];

const headerBytes = 12;
const entryHeaderBytes = 4;
/** `i_xattr_icount` is 16 bits of 4-byte units after the header. */
const maxBodyBytes = headerBytes + 4 * 65_534;

type Encoded = { index: number; suffix: ByteString; value: Uint8Array };

/** The inline attribute area of an inode: empty without attributes, else a multiple of 4 bytes. */
export function encodeXattrs(xattrs: readonly Xattr[]): Uint8Array {
  const entries = xattrs.map(split).filter((entry) => entry !== undefined);
  if (entries.length === 0) return new Uint8Array(0);
  entries.sort((a, b) => a.index - b.index || compare(a.suffix, b.suffix));
  const size = entries.reduce((sum, entry) => sum + entryBytes(entry), headerBytes);
  if (size > maxBodyBytes) throw xattrsTooLarge(size);
  const bytes = new Uint8Array(size);
  let at = headerBytes;
  for (const entry of entries) {
    putEntry(bytes, at, entry);
    at += entryBytes(entry);
  }
  return bytes;
}

/** The value of `i_xattr_icount` for an area of this size. */
export function xattrCount(areaBytes: number): number {
  return areaBytes === 0 ? 0 : (areaBytes - headerBytes) / 4 + 1;
}

function split({ name, value }: Xattr): Encoded | undefined {
  const space = namespaces.find((candidate) => matches(candidate, name));
  if (space === undefined) return undefined;
  const suffix = name.slice(space.prefix.length);
  if (suffix.length > 255 || value.length > 65_535) {
    throw xattrTooLarge(printable(name), value.length);
  }
  return { index: space.index, suffix, value };
}

function matches(space: Namespace, name: ByteString): boolean {
  if (space.exact) return name === space.prefix;
  return name.startsWith(space.prefix) && name.length > space.prefix.length;
}

function entryBytes(entry: Encoded): number {
  return (entryHeaderBytes + entry.suffix.length + entry.value.length + 3) & ~3;
}

function putEntry(target: Uint8Array, at: number, entry: Encoded): void {
  target[at] = entry.suffix.length;
  target[at + 1] = entry.index;
  target[at + 2] = entry.value.length & 0xff;
  target[at + 3] = entry.value.length >> 8;
  target.set(entry.value, putByteString(target, at + entryHeaderBytes, entry.suffix));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
