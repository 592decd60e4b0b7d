import { encodeDirectoryBlock, type PlannedDirectory } from "./directories.ts";
import { xattrsTooLarge } from "./errors.ts";
import {
  blockBytes,
  encodeInode,
  type InodeBody,
  inodeBytes,
  inodeSlotBytes,
  worthwhileTailBytes,
  zeroBlock,
} from "./inode.ts";
import type { ErofsSink } from "./sink.ts";
import { rootInodeOffset } from "./superblock.ts";
import { encodeXattrs } from "./xattrs.ts";

type Placement = {
  readonly directory: PlannedDirectory;
  /** Byte offset of the inode in the image. */
  readonly offset: number;
  readonly inline: boolean;
  /** Number of the first data block, counted from the start of the data area. */
  readonly dataBlock: number;
  readonly dataBlocks: number;
};

type Start = { readonly firstBlock: number; readonly firstSerial: number };

/**
 * Writes the directories: first all their inodes, then their blocks. Node ids of children and parents
 * occur in those blocks, so every inode gets its place before anything is written. The root inode is
 * returned in block 0 for the caller to complete.
 */
export function* writeDirectories(
  sink: ErofsSink,
  directories: readonly PlannedDirectory[],
  start: Start,
): Generator<void, { block: Uint8Array; blocksWritten: number }> {
  const { placements, metadataBlocks, dataBlocks } = placeAll(directories, start.firstBlock);
  const dataStart = start.firstBlock + metadataBlocks;
  const block = new Uint8Array(blockBytes);
  let position = start.firstBlock * blockBytes;
  for (const [index, placement] of placements.entries()) {
    const parts = inodeParts(placement, dataStart, start.firstSerial + index);
    if (index === 0) {
      putParts(block, placement.offset, parts);
      continue;
    }
    sink.write(zeroBlock.subarray(0, placement.offset - position));
    for (const part of parts) sink.write(part);
    position = placement.offset + parts.reduce((sum, part) => sum + part.length, 0);
    yield;
  }
  sink.write(zeroBlock.subarray(0, dataStart * blockBytes - position));
  for (const placement of placements) yield* writeBlocks(sink, placement);
  return { block, blocksWritten: metadataBlocks + dataBlocks };
}

function* writeBlocks(sink: ErofsSink, placement: Placement): Generator<void, void> {
  for (let index = 0; index < placement.dataBlocks; index += 1) {
    const bytes = encodeDirectoryBlock(placement.directory, index);
    sink.write(bytes);
    sink.write(zeroBlock.subarray(0, blockBytes - bytes.length));
    yield;
  }
}

function placeAll(directories: readonly PlannedDirectory[], firstBlock: number) {
  const start = firstBlock * blockBytes;
  const placements: Placement[] = [];
  let cursor = start;
  let dataBlocks = 0;
  for (const [index, directory] of directories.entries()) {
    const recordBytes = inodeBytes + encodeXattrs(directory.attributes.xattrs).length;
    const room = { recordBytes, tailBytes: directory.lastBytes };
    const { offset, inline } = index === 0 ? placeRoot(room) : place(cursor, room);
    const blocks = directory.blockStarts.length - (inline ? 1 : 0);
    placements.push({ directory, offset, inline, dataBlock: dataBlocks, dataBlocks: blocks });
    directory.inode.nid = offset / inodeSlotBytes;
    dataBlocks += blocks;
    if (index > 0) cursor = offset + recordBytes + (inline ? room.tailBytes : 0);
  }
  const metadataBlocks = Math.ceil((cursor - start) / blockBytes);
  return { placements, metadataBlocks, dataBlocks };
}

type Room = { readonly recordBytes: number; readonly tailBytes: number };

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

function inodeParts(placement: Placement, dataStart: number, serial: number): Uint8Array[] {
  const { directory, inline } = placement;
  const lastBlock = directory.blockStarts.length - 1;
  const body: InodeBody = {
    inline,
    sizeBytes: lastBlock * blockBytes + directory.lastBytes,
    location: dataStart + placement.dataBlock,
    links: 2 + directory.subdirectories,
    serial,
  };
  const record = encodeInode("directory", directory.attributes, body);
  return inline ? [record, encodeDirectoryBlock(directory, lastBlock)] : [record];
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
