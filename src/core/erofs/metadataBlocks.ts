import { blockBytes, inodeSlotBytes } from "./inode.ts";
import type { InodeId } from "./inodeTable.ts";

const groupBlocks = 16;

type Placed = { inode: InodeId; offset: number };

/**
 * The metadata blocks being filled. Inodes (with attributes and inline tails) go into the first open
 * block with room; a full group is appended to the image, and only then are node ids known.
 */
export class MetadataBlocks {
  readonly #bytes = new Uint8Array(groupBlocks * blockBytes);
  #used: number[] = [];
  #placed: Placed[] = [];

  /** Offset of a free slot of this size, if an open block has one. */
  find(sizeBytes: number): number | undefined {
    const block = this.#used.findIndex((used) => used + sizeBytes <= blockBytes);
    return block < 0 ? undefined : block * blockBytes + (this.#used[block] ?? 0);
  }

  /** Offset of a slot of this size at the start of a new block; undefined when the group is full. */
  open(sizeBytes: number): number | undefined {
    if (this.#used.length === groupBlocks || sizeBytes > blockBytes) return undefined;
    this.#used.push(0);
    return (this.#used.length - 1) * blockBytes;
  }

  /** Puts an inode record and its inline tail at an offset that find or open gave. */
  put(offset: number, inode: InodeId, parts: readonly Uint8Array[]): void {
    let at = offset;
    for (const part of parts) {
      this.#bytes.set(part, at);
      at += part.length;
    }
    const block = Math.floor(offset / blockBytes);
    const used = at - block * blockBytes;
    this.#used[block] = Math.ceil(used / inodeSlotBytes) * inodeSlotBytes;
    this.#placed.push({ inode, offset });
  }

  /**
   * Hands the open blocks to `append`, which returns the byte offset they got in the image, and tells
   * where every inode has come to lie.
   */
  flush(
    append: (blocks: Uint8Array) => number,
    onPlaced: (inode: InodeId, nid: number) => void,
  ): void {
    if (this.#used.length === 0) return;
    const start = append(this.#bytes.subarray(0, this.#used.length * blockBytes));
    for (const { inode, offset } of this.#placed) {
      onPlaced(inode, (start + offset) / inodeSlotBytes);
    }
    this.#bytes.fill(0, 0, this.#used.length * blockBytes);
    this.#used = [];
    this.#placed = [];
  }
}
