import { type ByteString, fromByteString } from "./byteString.ts";
import { writeDirectories } from "./directoryWriter.ts";
import { badSymlinkTarget, wrongFileSize } from "./errors.ts";
import type { FileTree } from "./fileTree.ts";
import {
  blockBytes,
  encodeDevice,
  encodeInode,
  type FileKind,
  type InodeAttributes,
  inodeSlotBytes,
  linkCountOffset,
  worthwhileTailBytes,
  zeroBlock,
} from "./inode.ts";
import { type InodeId, InodeTable } from "./inodeTable.ts";
import { MetadataBlocks } from "./metadataBlocks.ts";
import type { ErofsSink } from "./sink.ts";
import { putSuperblock } from "./superblock.ts";

const maxSymlinkBytes = 4095;

export type ErofsOptions = {
  /** 16 bytes that identify the image. */
  readonly uuid: Uint8Array;
  readonly buildTimeSeconds: number;
};

type OpenFile = {
  readonly attributes: InodeAttributes;
  readonly sizeBytes: number;
  readonly firstBlock: number;
  fullBytesLeft: number;
  tailBytes: number;
};

/**
 * Writes an uncompressed EROFS image front to back. File content goes out as it comes; inodes are
 * gathered into metadata blocks between the files; directories follow when the tree is known, and the
 * superblock is patched in last. Only the tree and one group of metadata blocks are kept in memory.
 */
export class ErofsWriter {
  readonly #sink: ErofsSink;
  readonly #options: ErofsOptions;
  readonly #inodes = new InodeTable();
  readonly #metadata = new MetadataBlocks();
  readonly #tail = new Uint8Array(blockBytes);
  #blocks = 1;
  #serial = 1;
  #file: OpenFile | undefined;

  constructor(sink: ErofsSink, options: ErofsOptions) {
    this.#sink = sink;
    this.#options = options;
    sink.skip(blockBytes);
  }

  /** Size of the image so far. */
  get sizeBytes(): number {
    return this.#blocks * blockBytes;
  }

  /** Starts a regular file of exactly `sizeBytes`; content follows through write and zeros. */
  beginFile(attributes: InodeAttributes, sizeBytes: number): void {
    const full = sizeBytes - (sizeBytes % blockBytes);
    this.#file = {
      attributes,
      sizeBytes,
      firstBlock: this.#blocks,
      fullBytesLeft: full,
      tailBytes: 0,
    };
    this.#blocks += full / blockBytes;
  }

  /** Appends content to the open file. */
  write(bytes: Uint8Array): void {
    const file = this.#openFile();
    const full = Math.min(bytes.length, file.fullBytesLeft);
    if (full > 0) this.#sink.write(full === bytes.length ? bytes : bytes.subarray(0, full));
    file.fullBytesLeft -= full;
    if (full === bytes.length) return;
    this.#growTail(file, bytes.length - full, (start) => {
      this.#tail.set(bytes.subarray(full), start);
    });
  }

  /** Appends zeros to the open file. */
  zeros(count: number): void {
    const file = this.#openFile();
    const full = Math.min(count, file.fullBytesLeft);
    if (full > 0) this.#sink.skip(full);
    file.fullBytesLeft -= full;
    const rest = count - full;
    if (rest > 0) this.#growTail(file, rest, (start) => this.#tail.fill(0, start, start + rest));
  }

  /** Ends the open file. */
  endFile(): InodeId {
    const file = this.#openFile();
    if (file.fullBytesLeft > 0 || file.tailBytes !== file.sizeBytes % blockBytes) {
      throw wrongFileSize();
    }
    this.#file = undefined;
    return this.#addWithContent("file", file, this.#tail.subarray(0, file.tailBytes));
  }

  addSymlink(attributes: InodeAttributes, target: ByteString): InodeId {
    const sizeBytes = target.length;
    if (sizeBytes === 0 || sizeBytes > maxSymlinkBytes) throw badSymlinkTarget(sizeBytes);
    const content = { attributes, sizeBytes, firstBlock: this.#blocks };
    return this.#addWithContent("symlink", content, fromByteString(target));
  }

  addDevice(
    kind: "characterDevice" | "blockDevice",
    attributes: InodeAttributes,
    device: { major: number; minor: number },
  ): InodeId {
    return this.#addWithoutContent(kind, attributes, encodeDevice(device.major, device.minor));
  }

  addSpecial(kind: "fifo" | "socket", attributes: InodeAttributes): InodeId {
    return this.#addWithoutContent(kind, attributes, 0);
  }

  /**
   * Writes the directories and the superblock. A generator, so that the caller can let its sink drain
   * at every step of a large tree.
   */
  *finish(tree: FileTree): Generator<void, void> {
    this.#flushMetadata();
    const written = yield* writeDirectories(this.#sink, tree, {
      inodes: this.#inodes,
      firstBlock: this.#blocks,
      firstSerial: this.#serial,
    });
    this.#blocks += written.blocks;
    yield* this.#patchLinkCounts();
    putSuperblock(written.block, {
      rootNid: written.rootNid,
      inodeCount: written.inodeCount,
      blockCount: this.#blocks,
      buildTimeSeconds: this.#options.buildTimeSeconds,
      uuid: this.#options.uuid,
    });
    this.#sink.patch(0, written.block);
  }

  /** Every inode was written as if it had one name. */
  *#patchLinkCounts(): Generator<void, void> {
    for (let inode = 0; inode < this.#inodes.count; inode += 1) {
      const links = this.#inodes.linksOf(inode);
      if (links > 1) {
        const offset = this.#inodes.nidOf(inode) * inodeSlotBytes + linkCountOffset;
        this.#sink.patch(offset, littleEndian32(links));
        yield;
      }
    }
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw wrongFileSize();
    return this.#file;
  }

  #growTail(file: OpenFile, count: number, put: (start: number) => void): void {
    const end = file.tailBytes + count;
    if (end > file.sizeBytes % blockBytes) throw wrongFileSize();
    put(file.tailBytes);
    file.tailBytes = end;
  }

  #addWithContent(
    kind: FileKind,
    content: Pick<OpenFile, "attributes" | "sizeBytes" | "firstBlock">,
    tail: Uint8Array,
  ): InodeId {
    const { attributes, sizeBytes, firstBlock } = content;
    const encode = (inline: boolean) =>
      encodeInode(kind, attributes, {
        inline,
        sizeBytes,
        location: firstBlock,
        links: 1,
        serial: this.#serial,
      });
    const inode = this.#inodes.add(kind);
    const record = encode(tail.length > 0);
    if (tail.length === 0 || !this.#placeInline(inode, record, tail)) {
      if (tail.length > 0) this.#appendBlocks(tail);
      this.#place(inode, tail.length === 0 ? record : encode(false));
    }
    this.#serial += 1;
    return inode;
  }

  #addWithoutContent(kind: FileKind, attributes: InodeAttributes, location: number): InodeId {
    const inode = this.#inodes.add(kind);
    const body = { inline: false, sizeBytes: 0, location, links: 1, serial: this.#serial };
    this.#place(inode, encodeInode(kind, attributes, body));
    this.#serial += 1;
    return inode;
  }

  #placeInline(inode: InodeId, record: Uint8Array, tail: Uint8Array): boolean {
    const size = record.length + tail.length;
    let offset = this.#metadata.find(size);
    if (offset === undefined && tail.length <= worthwhileTailBytes) offset = this.#open(size);
    if (offset === undefined) return false;
    this.#metadata.put(offset, inode, [record, tail]);
    return true;
  }

  #place(inode: InodeId, record: Uint8Array): void {
    const offset = this.#metadata.find(record.length) ?? this.#open(record.length);
    if (offset !== undefined) {
      this.#metadata.put(offset, inode, [record]);
      return;
    }
    // Attributes that do not fit one block follow their inode through blocks of their own.
    this.#inodes.setNid(inode, this.sizeBytes / inodeSlotBytes);
    this.#appendBlocks(record);
  }

  #open(sizeBytes: number): number | undefined {
    if (sizeBytes > blockBytes) return undefined;
    const offset = this.#metadata.open(sizeBytes);
    if (offset !== undefined) return offset;
    this.#flushMetadata();
    return this.#metadata.open(sizeBytes);
  }

  #flushMetadata(): void {
    this.#metadata.flush(
      (blocks) => {
        const start = this.sizeBytes;
        this.#appendBlocks(blocks);
        return start;
      },
      (inode, nid) => this.#inodes.setNid(inode, nid),
    );
  }

  #appendBlocks(bytes: Uint8Array): void {
    const blocks = Math.ceil(bytes.length / blockBytes);
    this.#sink.write(bytes);
    const padding = blocks * blockBytes - bytes.length;
    if (padding > 0) this.#sink.write(zeroBlock.subarray(0, padding));
    this.#blocks += blocks;
  }
}

function littleEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
