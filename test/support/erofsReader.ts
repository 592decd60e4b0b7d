// Reads EROFS images independently of the writer, and strictly: whatever the format or its look-up
// depends on is asserted. The oracle of the property tests, and of listings on machines without root.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32c } from "#core/erofs/crc32c.ts";

export type ReadInode = {
  nid: number;
  kind: string;
  mode: number;
  uid: number;
  gid: number;
  sizeBytes: number;
  links: number;
  mtimeSeconds: bigint;
  mtimeNanoseconds: number;
  /** `major:minor` */
  device: string | undefined;
  xattrs: [name: string, value: Buffer][];
  content: Buffer;
};

const block = 4096;
const kinds = new Map([
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o020000, "characterDevice"],
  [0o060000, "blockDevice"],
  [0o010000, "fifo"],
  [0o140000, "socket"],
  [0o120000, "symlink"],
]);
const direntKinds = ["", ...["file", "directory", "characterDevice", "blockDevice"]];
direntKinds.push("fifo", "socket", "symlink");
const prefixes = new Map([
  [1, "user."],
  [2, "system.posix_acl_access"],
  [3, "system.posix_acl_default"],
  [4, "trusted."],
  [6, "security."],
]);

/** Every path of an image (as latin1, so that each character is a byte) with its inode. */
export function readErofs(image: Buffer): Map<string, ReadInode> {
  const { rootNid, inodeCount } = readSuperblock(image);
  const found = new Map<string, ReadInode>();
  const names = new Map<number, number>();
  const pending = [{ path: "", nid: rootNid, parent: rootNid }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, nid } = next;
    const inode = readInode(image, nid);
    found.set(path === "" ? "/" : path, inode);
    names.set(nid, (names.get(nid) ?? 0) + 1);
    if (inode.kind !== "directory") continue;
    for (const { name, nid: child } of childrenOf(image, inode, next.parent)) {
      pending.push({ path: path === "" ? name : `${path}/${name}`, nid: child, parent: nid });
    }
  }
  for (const [path, { kind, links, nid }] of found) {
    if (kind !== "directory") assert.equal(links, names.get(nid), `links of ${path}`);
  }
  assert.equal(inodeCount, names.size, "inode count");
  return found;
}

function readSuperblock(image: Buffer): { rootNid: number; inodeCount: number } {
  const superblock = image.subarray(1024, 1152);
  assert.equal(superblock.readUInt32LE(0), 0xe0f5e1e2, "magic");
  const checked = Buffer.from(image.subarray(1024, block));
  checked.writeUInt32LE(0, 4);
  assert.equal(crc32c(checked), superblock.readUInt32LE(4), "checksum");
  assert.equal(superblock.readUInt32LE(8), 3, "compatible features");
  assert.equal(superblock.readUInt8(12), 12, "block size");
  assert.equal(superblock.readUInt32LE(36) * block, image.length, "block count");
  assert.equal(superblock.readUInt32LE(80), 0, "incompatible features");
  const inodeCount = Number(superblock.readBigUInt64LE(16));
  return { rootNid: superblock.readUInt16LE(14), inodeCount };
}

/** The entries of a directory without `.` and `..`, which have to be right. */
function childrenOf(image: Buffer, inode: ReadInode, parent: number) {
  const entries = readDirectory(inode.content);
  assert.equal(entries.find(({ name }) => name === ".")?.nid, inode.nid, "dot");
  assert.equal(entries.find(({ name }) => name === "..")?.nid, parent, "dot dot");
  const children = entries.filter(({ name }) => name !== "." && name !== "..");
  for (const { nid, kind } of children) {
    assert.equal(kind, readInode(image, nid).kind, "type in the directory entry");
  }
  const subdirectories = children.filter(({ kind }) => kind === "directory").length;
  assert.equal(inode.links, 2 + subdirectories, "links of a directory");
  return children;
}

/** One line per path, sorted by bytes, as both this reader and a mounted image can print it. */
export function listing(found: Map<string, ReadInode>): string {
  const lines = [...found].map(([path, inode]) => describe(path, inode));
  return lines.sort().join("");
}

export type Described = Pick<ReadInode, "kind" | "mode" | "uid" | "gid" | "links" | "device"> &
  Pick<ReadInode, "sizeBytes" | "mtimeSeconds" | "mtimeNanoseconds" | "content"> & {
    xattrs?: ReadInode["xattrs"];
  };

export function describe(path: string, inode: Described): string {
  const fields = [
    escapeName(path),
    inode.kind,
    inode.mode.toString(8).padStart(4, "0"),
    `${inode.uid}:${inode.gid}`,
    `links=${inode.links}`,
    `mtime=${inode.mtimeSeconds}.${String(inode.mtimeNanoseconds).padStart(9, "0")}`,
  ];
  if (inode.kind === "file") {
    fields.push(`size=${inode.sizeBytes}`, `sha256=${shortHash(inode.content)}`);
  }
  if (inode.kind === "symlink")
    fields.push(`-> ${shorten(inode.content, escapeName(inode.content.toString("latin1")))}`);
  if (inode.device !== undefined) fields.push(`device=${inode.device}`);
  for (const [name, value] of inode.xattrs ?? []) {
    fields.push(`${name}=${shorten(value, value.toString("hex"))}`);
  }
  return `${fields.join(" ")}\n`;
}

function shorten(bytes: Buffer, text: string): string {
  return text.length <= 200 ? text : `${bytes.length}-bytes-${shortHash(bytes)}`;
}

function shortHash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}

function escapeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything but plain ASCII is escaped
  return name.replace(/[\u0000-\u0020\u007f-\u00ff\\]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function readInode(image: Buffer, nid: number): ReadInode {
  const start = nid * 32;
  assert.ok(start > 0 && start + 64 <= image.length, `inode ${nid} lies in the image`);
  assert.ok((start % block) + 64 <= block, `inode ${nid} lies in one block`);
  const at = image.subarray(start, start + 64);
  const format = at.readUInt16LE(0);
  assert.equal(format & 1, 1, "extended inode");
  const layout = format >> 1;
  assert.ok(layout === 0 || layout === 2, `data layout ${layout}`);
  const xattrCount = at.readUInt16LE(2);
  const xattrBytes = xattrCount === 0 ? 0 : 12 + 4 * (xattrCount - 1);
  const typeAndMode = at.readUInt16LE(4);
  const kind = kinds.get(typeAndMode & 0o170000) ?? "unknown";
  const sizeBytes = Number(at.readBigUInt64LE(8));
  const location = at.readUInt32LE(16);
  const isDevice = kind.endsWith("Device");
  return {
    nid,
    kind,
    mode: typeAndMode & 0o7777,
    uid: at.readUInt32LE(24),
    gid: at.readUInt32LE(28),
    sizeBytes,
    links: at.readUInt32LE(44),
    mtimeSeconds: at.readBigInt64LE(32),
    mtimeNanoseconds: at.readUInt32LE(40),
    device: isDevice ? decodeDevice(location) : undefined,
    xattrs: readXattrs(image.subarray(start + 64, start + 64 + xattrBytes)),
    content: readContent(image, { layout, sizeBytes, location, end: start + 64 + xattrBytes }),
  };
}

type Body = { layout: number; sizeBytes: number; location: number; end: number };

function readContent(image: Buffer, { layout, sizeBytes, location, end }: Body): Buffer {
  const tail = layout === 2 ? sizeBytes % block : 0;
  if (layout === 2) {
    assert.ok(tail > 0, "an inline tail is not empty");
    assert.ok(
      (end % block) + tail <= block && end % block !== 0,
      "an inline tail lies in one block",
    );
  }
  const outside = sizeBytes - tail;
  const from = location * block;
  if (outside > 0)
    assert.ok(from >= block && from + outside <= image.length, "data lies in the image");
  const blocks = outside === 0 ? Buffer.alloc(0) : image.subarray(from, from + outside);
  return Buffer.concat([blocks, image.subarray(end, end + tail)]);
}

function readXattrs(area: Buffer): ReadInode["xattrs"] {
  const xattrs: ReadInode["xattrs"] = [];
  if (area.length === 0) return xattrs;
  assert.ok(area.length > 12, "an attribute area has attributes");
  assert.equal(area.readUInt8(4), 0, "no shared attributes");
  let at = 12;
  while (at < area.length) {
    const nameBytes = area.readUInt8(at);
    const valueBytes = area.readUInt16LE(at + 2);
    const prefix = prefixes.get(area.readUInt8(at + 1));
    assert.ok(prefix !== undefined, "a known attribute name space");
    const name = area.toString("latin1", at + 4, at + 4 + nameBytes);
    const valueAt = at + 4 + nameBytes;
    xattrs.push([prefix + name, area.subarray(valueAt, valueAt + valueBytes)]);
    at = (valueAt + valueBytes + 3) & ~3;
  }
  assert.equal(at, area.length, "the attributes fill their area");
  return xattrs;
}

function readDirectory(content: Buffer): { name: string; nid: number; kind: string }[] {
  const entries: { name: string; nid: number; kind: string }[] = [];
  for (let start = 0; start < content.length; start += block) {
    const bytes = content.subarray(start, start + block);
    const count = bytes.readUInt16LE(8) / 12;
    assert.ok(Number.isInteger(count) && count > 0, "a directory block has entries");
    for (let index = 0; index < count; index += 1) {
      const at = index * 12;
      const from = bytes.readUInt16LE(at + 8);
      const end = index + 1 < count ? bytes.readUInt16LE(at + 20) : nameEnd(bytes, from);
      const name = bytes.toString("latin1", from, end);
      assert.ok(name.length > 0 && name.length <= 255, "the length of a name");
      const previous = entries.at(-1)?.name;
      assert.ok(previous === undefined || previous < name, `order: ${previous} before ${name}`);
      const kind = direntKinds[bytes.readUInt8(at + 10)] ?? "unknown";
      entries.push({ name, nid: Number(bytes.readBigUInt64LE(at)), kind });
    }
  }
  return entries;
}

function nameEnd(bytes: Buffer, from: number): number {
  const zero = bytes.indexOf(0, from);
  return zero < 0 ? bytes.length : zero;
}

function decodeDevice(encoded: number): string {
  const major = (encoded >>> 8) & 0xfff;
  const minor = (encoded & 0xff) | ((encoded >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}
