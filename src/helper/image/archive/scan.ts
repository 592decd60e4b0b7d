import type { FileHandle } from "node:fs/promises";
import { badArchive } from "#core/oci/errors.ts";
import type { TarEntry } from "#core/oci/tar/entry.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { fileBytes } from "../fileBytes.ts";
import type { Archive, ArchiveFile } from "./archive.ts";
import { ArchiveEntries } from "./entries.ts";

const blockBytes = 512;
const scanBytes = 64 << 10;

/**
 * Finds the files of a plain tar archive by reading its headers only: an archive of gigabytes is
 * known after milliseconds. Takes over the handle.
 */
export async function scanArchive(handle: FileHandle, signal: AbortSignal): Promise<Archive> {
  const entries = new ArchiveEntries();
  let position = 0;
  const reader = new TarReader({
    entry: (entry) =>
      addEntry(entries, entry, fileAt(handle, position + blockBytes, entry.sizeBytes)),
    data: () => undefined,
    zeros: () => {
      throw badArchive("it has sparse files");
    },
    end: () => undefined,
  });
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(scanBytes);
  while (position < size) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    let at = 0;
    // Block by block, so that the position of each entry's content is known.
    while (at < bytesRead && reader.skippableBytes === 0) {
      reader.push(buffer.subarray(at, at + blockBytes));
      at += blockBytes;
      position += blockBytes;
    }
    position = skipContent(reader, position);
  }
  if (position > size) throw badArchive("it is cut short");
  reader.finish();
  return { find: (path) => entries.find(path), close: () => handle.close() };
}

function skipContent(reader: TarReader, position: number): number {
  let end = position;
  while (reader.skippableBytes > 0) {
    const count = reader.skippableBytes;
    reader.skip(count);
    end += count;
  }
  return end;
}

function addEntry(entries: ArchiveEntries, entry: TarEntry, file: ArchiveFile): void {
  if (entry.kind === "file") entries.addFile(entry.path, file);
  else entries.addLink(entry);
}

function fileAt(handle: FileHandle, start: number, sizeBytes: number): ArchiveFile {
  return {
    sizeBytes,
    open: () => readRange(handle, start, start + sizeBytes),
  };
}

async function* readRange(handle: FileHandle, start: number, end: number) {
  let left = end - start;
  for await (const piece of fileBytes(handle, { start, end })) {
    left -= piece.length;
    yield piece;
  }
  if (left > 0) throw badArchive("it became shorter while it was read");
}
