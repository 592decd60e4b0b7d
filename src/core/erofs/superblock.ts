import { crc32c } from "./crc32c.ts";
import { blockBytes } from "./inode.ts";

const superblockOffset = 1024;
const superblockBytes = 128;
const magic = 0xe0f5e1e2;
const featureChecksum = 0x1;
const featureMtime = 0x2;

/** The root directory's inode follows the superblock in block 0: its node id has only 16 bits. */
export const rootInodeOffset = superblockOffset + superblockBytes;

export type SuperblockFields = {
  readonly rootNid: number;
  readonly inodeCount: number;
  readonly blockCount: number;
  readonly buildTimeSeconds: number;
  /** 16 bytes. */
  readonly uuid: Uint8Array;
};

/** Fills in the superblock of block 0, whose other content has to be final: it is checksummed too. */
export function putSuperblock(block: Uint8Array, fields: SuperblockFields): void {
  const view = new DataView(block.buffer, block.byteOffset + superblockOffset, superblockBytes);
  view.setUint32(0, magic, true);
  view.setUint32(8, featureChecksum | featureMtime, true);
  view.setUint8(12, Math.log2(blockBytes));
  view.setUint16(14, fields.rootNid, true);
  view.setBigUint64(16, BigInt(fields.inodeCount), true);
  view.setBigInt64(24, BigInt(fields.buildTimeSeconds), true);
  view.setUint32(36, fields.blockCount, true);
  block.set(fields.uuid.subarray(0, 16), superblockOffset + 48);
  view.setUint32(4, 0, true);
  view.setUint32(4, crc32c(block.subarray(superblockOffset, blockBytes)), true);
}
