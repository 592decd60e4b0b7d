import { directoryBlocks, shapeOf, sortChildren } from "./directories.ts";
import { xattrsTooLarge } from "./errors.ts";
import type { DirectoryId, FileTree, NodeId } from "./fileTree.ts";
import {
  blockBytes,
  encodeInode,
  inodeBytes,
  inodeSlotBytes,
  worthwhileTailBytes,
  zeroBlock,
} from "./inode.ts";
import type { InodeTable } from "./inodeTable.ts";
import { Records } from "./records.ts";
import type { ErofsSink } from "./sink.ts";
import { rootInodeOffset } from "./superblock.ts";
import { encodeXattrs } from "./xattrs.ts";

/** Where each directory goes, by its number. */
const plan = {
  nid: 0,
  parent: 1,
  /** Number of the first data block, counted from the start of the data area. */
  dataBlock: 2,
  blocks: 3,
  /** Twice the bytes of the last block, plus one when that block follows the inode. */
  last: 4,
  subdirectories: 5,
  words: 6,
} as const;

type Start = {
  readonly inodes: InodeTable;
  readonly firstBlock: number;
  readonly firstSerial: number;
};

export type WrittenDirectories = {
  /** Block 0 with the root directory, for the caller to complete. */
  readonly block: Uint8Array;
  readonly blocks: number;
  readonly rootNid: number;
  readonly inodeCount: number;
};

/**
 * Writes the directories: first all their inodes, then their blocks. Node ids of children and parents
 * occur in those blocks, so every inode gets its place before anything is written.
 */
export function* writeDirectories(
  sink: ErofsSink,
  tree: FileTree,
  start: Start,
): Generator<void, WrittenDirectories> {
  const placer = new DirectoryPlacer(tree, start.firstBlock * blockBytes);
  let inodeCount = 0;
  for (const directory of walk(tree)) {
    yield* sortChildren(tree, directory);
    placer.place(directory);
    inodeCount += 1 + countLinks(tree, directory, { placer, inodes: start.inodes });
    yield;
  }
  const metadataBlocks = placer.metadataBlocks;
  const writer = new PlacedDirectories(sink, tree, { ...start, placer, metadataBlocks });
  const block = yield* writer.writeInodes();
  yield* writer.writeBlocks();
  const rootNid = rootInodeOffset / inodeSlotBytes;
  return { block, blocks: metadataBlocks + placer.dataBlocks, rootNid, inodeCount };
}

/** Every directory, parents before their children, without recursion: depth does not matter. */
function* walk(tree: FileTree): Generator<DirectoryId, void> {
  const pending: NodeId[] = [tree.root];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const directory = tree.directoryOf(next);
    yield directory;
    let child = tree.firstChild(directory);
    for (; child !== undefined; child = tree.nextSibling(child)) {
      if (tree.kindOf(child) === "directory") pending.push(child);
    }
  }
}

/** Counts the names of inodes; returns how many inodes occur for the first time. */
function countLinks(
  tree: FileTree,
  directory: DirectoryId,
  { placer, inodes }: { placer: DirectoryPlacer; inodes: InodeTable },
): number {
  let added = 0;
  let child = tree.firstChild(directory);
  for (; child !== undefined; child = tree.nextSibling(child)) {
    if (tree.kindOf(child) === "directory") {
      placer.plans.set(tree.directoryOf(child), plan.parent, directory);
      continue;
    }
    const inode = tree.inodeOf(child) ?? 0;
    if (inodes.linksOf(inode) === 0) added += 1;
    inodes.addLink(inode);
  }
  return added;
}

type Room = { readonly recordBytes: number; readonly tailBytes: number };

class DirectoryPlacer {
  readonly plans = new Records(plan.words);
  readonly #tree: FileTree;
  readonly #start: number;
  #cursor: number;
  dataBlocks = 0;

  constructor(tree: FileTree, start: number) {
    this.#tree = tree;
    this.#start = start;
    this.#cursor = start;
    for (let count = tree.directoryCount; count > 0; count -= 1) this.plans.add();
  }

  get metadataBlocks(): number {
    return Math.ceil((this.#cursor - this.#start) / blockBytes);
  }

  place(directory: DirectoryId): void {
    const isRoot = directory === this.#tree.directoryOf(this.#tree.root);
    const { blocks, lastBytes, subdirectories } = shapeOf(this.#tree, directory);
    const { xattrs } = this.#tree.attributesOf(directory);
    const recordBytes = inodeBytes + encodeXattrs(xattrs).length;
    const room = { recordBytes, tailBytes: lastBytes };
    const { offset, inline } = isRoot ? placeRoot(room) : place(this.#cursor, room);
    if (!isRoot) this.#cursor = offset + recordBytes + (inline ? lastBytes : 0);
    this.plans.set(directory, plan.nid, offset / inodeSlotBytes);
    this.plans.set(directory, plan.dataBlock, this.dataBlocks);
    this.plans.set(directory, plan.blocks, blocks);
    this.plans.set(directory, plan.last, lastBytes * 2 + (inline ? 1 : 0));
    this.plans.set(directory, plan.subdirectories, subdirectories);
    this.dataBlocks += blocks - (inline ? 1 : 0);
  }
}

type Placed = Start & { readonly placer: DirectoryPlacer; readonly metadataBlocks: number };

class PlacedDirectories {
  readonly #sink: ErofsSink;
  readonly #tree: FileTree;
  readonly #plans: Records;
  readonly #placed: Placed;

  constructor(sink: ErofsSink, tree: FileTree, placed: Placed) {
    this.#sink = sink;
    this.#tree = tree;
    this.#plans = placed.placer.plans;
    this.#placed = placed;
  }

  /** Writes all inodes but the root's, which is returned in its block. */
  *writeInodes(): Generator<void, Uint8Array> {
    const root = new Uint8Array(blockBytes);
    const { firstBlock, metadataBlocks } = this.#placed;
    let position = firstBlock * blockBytes;
    let serial = this.#placed.firstSerial;
    for (const directory of walk(this.#tree)) {
      const parts = this.#inodeParts(directory, serial);
      const offset = this.#plans.get(directory, plan.nid) * inodeSlotBytes;
      if (serial === this.#placed.firstSerial) putParts(root, offset, parts);
      else {
        this.#sink.write(zeroBlock.subarray(0, offset - position));
        for (const part of parts) this.#sink.write(part);
        position = offset + parts.reduce((sum, part) => sum + part.length, 0);
      }
      serial += 1;
      yield;
    }
    const end = (firstBlock + metadataBlocks) * blockBytes;
    this.#sink.write(zeroBlock.subarray(0, end - position));
    return root;
  }

  *writeBlocks(): Generator<void, void> {
    for (const directory of walk(this.#tree)) {
      let left = this.#dataBlocksOf(directory);
      if (left === 0) continue;
      for (const bytes of this.#blocksOf(directory)) {
        if (left === 0) break;
        this.#sink.write(bytes);
        this.#sink.write(zeroBlock.subarray(0, blockBytes - bytes.length));
        left -= 1;
        yield;
      }
    }
  }

  #inodeParts(directory: DirectoryId, serial: number): Uint8Array[] {
    const blocks = this.#plans.get(directory, plan.blocks);
    const last = this.#plans.get(directory, plan.last);
    const { firstBlock, metadataBlocks } = this.#placed;
    const record = encodeInode("directory", this.#tree.attributesOf(directory), {
      inline: this.#isInline(directory),
      sizeBytes: (blocks - 1) * blockBytes + (last >>> 1),
      location: firstBlock + metadataBlocks + this.#plans.get(directory, plan.dataBlock),
      links: 2 + this.#plans.get(directory, plan.subdirectories),
      serial,
    });
    if (!this.#isInline(directory)) return [record];
    let tail: Uint8Array = record;
    for (const bytes of this.#blocksOf(directory)) tail = bytes;
    return [record, tail];
  }

  #blocksOf(directory: DirectoryId): Generator<Uint8Array, void> {
    return directoryBlocks(this.#tree, {
      directory,
      parent: this.#plans.get(directory, plan.parent),
      nidOf: (id) => this.#plans.get(id, plan.nid),
      inodes: this.#placed.inodes,
    });
  }

  #isInline(directory: DirectoryId): boolean {
    return (this.#plans.get(directory, plan.last) & 1) === 1;
  }

  #dataBlocksOf(directory: DirectoryId): number {
    return this.#plans.get(directory, plan.blocks) - (this.#isInline(directory) ? 1 : 0);
  }
}

function placeRoot({ recordBytes, tailBytes }: Room) {
  const left = blockBytes - rootInodeOffset - recordBytes;
  if (left < 0) throw xattrsTooLarge(recordBytes - inodeBytes);
  return { offset: rootInodeOffset, inline: tailBytes <= left };
}

function place(cursor: number, { recordBytes, tailBytes }: Room) {
  const slot = roundUp(cursor, inodeSlotBytes);
  const nextBlock = roundUp(slot, blockBytes);
  const left = nextBlock - slot;
  const both = recordBytes + tailBytes;
  if (both <= left) return { offset: slot, inline: true };
  if (both <= blockBytes && (tailBytes <= worthwhileTailBytes || recordBytes > left)) {
    return { offset: nextBlock, inline: true };
  }
  return { offset: recordBytes <= left ? slot : nextBlock, inline: false };
}

function putParts(target: Uint8Array, offset: number, parts: readonly Uint8Array[]): void {
  let at = offset;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
