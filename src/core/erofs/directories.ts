import type { DirectoryId, FileTree, NodeId } from "./fileTree.ts";
import { blockBytes, direntType } from "./inode.ts";
import type { InodeTable } from "./inodeTable.ts";
import { sortedInSteps } from "./sortedInSteps.ts";

const direntBytes = 12;
const dotByte = 0x2e;
/** The directory itself and its parent, among its entries. */
const dot = -1;
const dotDot = -2;

type Entry = NodeId | typeof dot | typeof dotDot;

/** How a directory's entries fall into blocks. */
export type DirectoryShape = {
  readonly blocks: number;
  /** Bytes used in the last block. */
  readonly lastBytes: number;
  readonly subdirectories: number;
};

/** Drops what is no part of the image and sorts the rest by bytes, as look-up expects it. */
export function* sortChildren(tree: FileTree, directory: DirectoryId): Generator<void, void> {
  // A directory may have a million children: they are counted first, as a growing list takes more.
  let count = 0;
  for (const _child of partsOf(tree, directory)) count += 1;
  const kept = new Uint32Array(count);
  let at = 0;
  for (const child of partsOf(tree, directory)) {
    kept[at] = child;
    at += 1;
  }
  const compare = (a: NodeId, b: NodeId) => tree.compareNames(a, b);
  tree.setChildren(directory, yield* sortedInSteps(kept, compare));
}

/** Cuts the sorted entries of a directory into blocks. */
export function shapeOf(tree: FileTree, directory: DirectoryId): DirectoryShape {
  let blocks = 1;
  let used = 0;
  let subdirectories = 0;
  for (const entry of entriesOf(tree, directory)) {
    const needed = direntBytes + nameBytesOf(tree, entry);
    if (used + needed > blockBytes) {
      blocks += 1;
      used = 0;
    }
    used += needed;
    if (entry >= 0 && tree.kindOf(entry) === "directory") subdirectories += 1;
  }
  return { blocks, lastBytes: used, subdirectories };
}

export type Place = {
  readonly directory: DirectoryId;
  readonly parent: DirectoryId;
  /** The node id of a directory. */
  readonly nidOf: (directory: DirectoryId) => number;
  readonly inodes: InodeTable;
};

/** The blocks of a directory one after the other; only the last may be short. */
export function* directoryBlocks(tree: FileTree, place: Place): Generator<Uint8Array, void> {
  let block: Entry[] = [];
  let used = 0;
  for (const entry of entriesOf(tree, place.directory)) {
    const needed = direntBytes + nameBytesOf(tree, entry);
    if (used + needed > blockBytes) {
      yield encodeBlock(tree, place, { block, size: blockBytes });
      block = [];
      used = 0;
    }
    block.push(entry);
    used += needed;
  }
  yield encodeBlock(tree, place, { block, size: used });
}

function encodeBlock(
  tree: FileTree,
  place: Place,
  { block, size }: { block: readonly Entry[]; size: number },
): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let nameOffset = block.length * direntBytes;
  for (const [index, entry] of block.entries()) {
    const at = index * direntBytes;
    const { nid, kind } = inodeOf(tree, place, entry);
    view.setUint32(at, nid, true);
    view.setUint16(at + 8, nameOffset, true);
    view.setUint8(at + 10, direntType(kind));
    if (entry >= 0) tree.copyName(entry, bytes, nameOffset);
    else bytes.fill(dotByte, nameOffset, nameOffset - entry);
    nameOffset += nameBytesOf(tree, entry);
  }
  return bytes;
}

function inodeOf(tree: FileTree, { directory, parent, nidOf, inodes }: Place, entry: Entry) {
  if (entry === dot) return { nid: nidOf(directory), kind: "directory" } as const;
  if (entry === dotDot) return { nid: nidOf(parent), kind: "directory" } as const;
  if (tree.kindOf(entry) === "directory") {
    return { nid: nidOf(tree.directoryOf(entry)), kind: "directory" } as const;
  }
  const inode = tree.inodeOf(entry) ?? 0;
  return { nid: inodes.nidOf(inode), kind: inodes.kindOf(inode) };
}

/** The sorted children with "." and ".." in their places, which are not always the first. */
function* entriesOf(tree: FileTree, directory: DirectoryId): Generator<Entry, void> {
  let dots: readonly Entry[] = [dot, dotDot];
  for (
    let child = tree.firstChild(directory);
    child !== undefined;
    child = tree.nextSibling(child)
  ) {
    while (dots.length > 0 && isAfter(tree, child, dots[0] ?? dot)) {
      yield dots[0] ?? dot;
      dots = dots.slice(1);
    }
    yield child;
  }
  yield* dots;
}

function isAfter(tree: FileTree, child: NodeId, dots: Entry): boolean {
  const first = tree.nameByte(child, 0);
  if (first !== dotByte) return first > dotByte;
  return dots === dot || tree.nameByte(child, 1) >= dotByte;
}

function* partsOf(tree: FileTree, directory: DirectoryId): Generator<NodeId, void> {
  let child = tree.firstChild(directory);
  for (; child !== undefined; child = tree.nextSibling(child)) {
    if (isPart(tree, child)) yield child;
  }
}

function isPart(tree: FileTree, child: NodeId): boolean {
  const kind = tree.kindOf(child);
  return kind === "directory" || (kind === "leaf" && tree.inodeOf(child) !== undefined);
}

function nameBytesOf(tree: FileTree, entry: Entry): number {
  return entry < 0 ? -entry : tree.nameBytesOf(entry);
}
