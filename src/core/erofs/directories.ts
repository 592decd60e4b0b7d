import { type ByteString, printable, putByteString } from "./byteString.ts";
import { badName } from "./errors.ts";
import { blockBytes, direntType, type InodeAttributes, type InodeRef } from "./inode.ts";

const direntBytes = 12;
const maxNameBytes = 255;

/** A directory of the finished image. */
export type ErofsDirectory = {
  readonly attributes: InodeAttributes;
  readonly entries: ReadonlyMap<ByteString, InodeRef | ErofsDirectory>;
};

type Dirent = { readonly name: ByteString; readonly inode: InodeRef };

/** A directory with its entries sorted and cut into blocks; node ids are still open. */
export type PlannedDirectory = {
  readonly attributes: InodeAttributes;
  readonly inode: InodeRef;
  readonly entries: readonly Dirent[];
  readonly subdirectories: number;
  /** Index of the first entry of each block. */
  readonly blockStarts: readonly number[];
  /** Bytes used in the last block. */
  readonly lastBytes: number;
};

export type TreePlan = {
  /** The root first, parents before their children. */
  readonly directories: readonly PlannedDirectory[];
  readonly inodeCount: number;
  /** Inodes with more than one name. */
  readonly hardLinked: ReadonlySet<InodeRef>;
};

/** Walks the tree without recursion, so that its depth does not matter. */
export function planTree(root: ErofsDirectory): TreePlan {
  const directories: PlannedDirectory[] = [];
  const hardLinked = new Set<InodeRef>();
  const rootInode = newDirectoryInode();
  const pending = [{ directory: root, inode: rootInode, parent: rootInode }];
  let inodeCount = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { directory, inode, parent } = next;
    const entries: Dirent[] = [
      { name: ".", inode },
      { name: "..", inode: parent },
    ];
    let subdirectories = 0;
    for (const [name, child] of directory.entries) {
      checkName(name);
      if ("entries" in child) {
        const childInode = newDirectoryInode();
        pending.push({ directory: child, inode: childInode, parent: inode });
        entries.push({ name, inode: childInode });
        subdirectories += 1;
      } else {
        entries.push({ name, inode: child });
        child.links += 1;
        if (child.links === 1) inodeCount += 1;
        else hardLinked.add(child);
      }
    }
    inodeCount += 1;
    directories.push({ ...cut(entries), attributes: directory.attributes, inode, subdirectories });
  }
  return { directories, inodeCount, hardLinked };
}

/** The bytes of one block of a directory; short of a full block only for the last one. */
export function encodeDirectoryBlock(directory: PlannedDirectory, block: number): Uint8Array {
  const start = directory.blockStarts[block] ?? 0;
  const end = directory.blockStarts[block + 1] ?? directory.entries.length;
  const isLast = block === directory.blockStarts.length - 1;
  const bytes = new Uint8Array(isLast ? directory.lastBytes : blockBytes);
  const view = new DataView(bytes.buffer);
  let nameOffset = (end - start) * direntBytes;
  for (let index = start; index < end; index += 1) {
    const entry = directory.entries[index];
    if (entry === undefined) break;
    const at = (index - start) * direntBytes;
    view.setBigUint64(at, BigInt(entry.inode.nid), true);
    view.setUint16(at + 8, nameOffset, true);
    view.setUint8(at + 10, direntType(entry.inode.kind));
    nameOffset = putByteString(bytes, nameOffset, entry.name);
  }
  return bytes;
}

function cut(entries: Dirent[]): Pick<PlannedDirectory, "entries" | "blockStarts" | "lastBytes"> {
  // Look-up is a binary search in byte order, in which "." and ".." are not always first.
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const blockStarts = [0];
  let used = 0;
  for (const [index, entry] of entries.entries()) {
    const needed = direntBytes + entry.name.length;
    if (used + needed > blockBytes) {
      blockStarts.push(index);
      used = 0;
    }
    used += needed;
  }
  return { entries, blockStarts, lastBytes: used };
}

function checkName(name: ByteString): void {
  const usable =
    name.length > 0 &&
    name.length <= maxNameBytes &&
    name !== "." &&
    name !== ".." &&
    !name.includes("/") &&
    !name.includes("\0");
  if (!usable) throw badName(printable(name), name.length);
}

function newDirectoryInode(): InodeRef {
  return { kind: "directory", nid: -1, links: 0 };
}
