// Lists a ZIP archive from its central directory (APPNOTE.TXT, 4.3.12): enough to check a VSIX.
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

export type ZipEntry = {
  path: string;
  sizeBytes: number;
  /** Whether a Unix system unpacks it as executable. */
  executable: boolean;
  read(): Buffer;
};

const entrySignature = 0x02014b50;
const endSignature = 0x06054b50;

/** The entries of the archive in the order of its directory. Archives over 4 GiB are not supported. */
export function zipEntries(path: string): ZipEntry[] {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from(Uint32Array.of(endSignature).buffer));
  if (end < 0) throw new Error(`${path} is not a ZIP archive`);
  const entries: ZipEntry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  while (bytes.readUInt32LE(at) === entrySignature) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const header = bytes.subarray(at, at + 46 + nameLength);
    entries.push(entryOf(bytes, header));
    at += header.length + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
}

function entryOf(bytes: Buffer, header: Buffer): ZipEntry {
  const mode = header.readUInt32LE(38) >>> 16;
  return {
    path: header.toString("utf8", 46),
    sizeBytes: header.readUInt32LE(24),
    executable: (mode & 0o111) !== 0,
    read: () => contentOf(bytes, header),
  };
}

function contentOf(bytes: Buffer, header: Buffer): Buffer {
  const local = header.readUInt32LE(42);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(start, start + header.readUInt32LE(20));
  return header.readUInt16LE(10) === 0 ? packed : inflateRawSync(packed);
}
