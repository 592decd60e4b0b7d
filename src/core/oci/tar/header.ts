import { type ByteString, toByteString } from "../../erofs/byteString.ts";
import { badTar } from "../errors.ts";
import { parseNumber } from "./numbers.ts";

export const blockBytes = 512;

/** The fields of one 512-byte header block. */
export type TarHeader = {
  readonly type: string;
  readonly path: ByteString;
  readonly linkPath: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly dialect: Dialect;
};

type Dialect = "v7" | "ustar" | "gnu" | "star";

/** Parses a header block; undefined for a block of zeros, which ends an archive. */
export function parseHeader(block: Uint8Array): TarHeader | undefined {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return undefined;
  checkSum(block);
  const dialect = dialectOf(block);
  const hasDevices = dialect !== "v7";
  const sizeBytes = parseNumber(block, 124, 12);
  if (sizeBytes < 0) throw badTar("an entry has a negative size");
  return {
    type: String.fromCharCode(block[156] ?? 0),
    path: joinPrefix(prefixOf(block, dialect), text(block, 0, 100)),
    linkPath: text(block, 157, 100),
    mode: parseNumber(block, 100, 8) & 0o7777,
    uid: parseNumber(block, 108, 8),
    gid: parseNumber(block, 116, 8),
    sizeBytes,
    mtimeSeconds: parseNumber(block, 136, 12),
    deviceMajor: hasDevices ? parseNumber(block, 329, 8) : 0,
    deviceMinor: hasDevices ? parseNumber(block, 337, 8) : 0,
    dialect,
  };
}

/** A NUL-terminated field that may also fill its place. */
export function text(block: Uint8Array, offset: number, length: number): ByteString {
  let end = offset;
  while (end < offset + length && block[end] !== 0) end += 1;
  return toByteString(block, offset, end);
}

function checkSum(block: Uint8Array): void {
  // Some old archivers summed signed bytes, so either sum is accepted.
  let unsigned = 0;
  let negatives = 0;
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = block[at] ?? 0;
    unsigned += byte;
    negatives += byte >>> 7;
  }
  // The sum's own field counts as blanks.
  for (let at = 148; at < 156; at += 1) {
    const byte = block[at] ?? 0;
    unsigned += 0x20 - byte;
    negatives -= byte >>> 7;
  }
  const signed = unsigned - negatives * 0x100;
  const stored = parseNumber(block, 148, 8);
  if (stored !== unsigned && stored !== signed) throw badTar("a header's checksum is wrong");
}

function dialectOf(block: Uint8Array): Dialect {
  const magic = toByteString(block, 257, 265);
  if (magic === "ustar  \0") return "gnu";
  if (!magic.startsWith("ustar\0")) return "v7";
  return toByteString(block, 508, 512) === "tar\0" ? "star" : "ustar";
}

function prefixOf(block: Uint8Array, dialect: Dialect): ByteString {
  if (dialect === "ustar") return text(block, 345, 155);
  return dialect === "star" ? text(block, 345, 131) : "";
}

function joinPrefix(prefix: ByteString, name: ByteString): ByteString {
  return prefix === "" ? name : `${prefix}/${name}`;
}
