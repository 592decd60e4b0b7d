// Reads a whole archive with the product's reader.
import assert from "node:assert/strict";
import type { TarEntry } from "#core/oci/tar/entry.ts";
import { TarReader } from "#core/oci/tar/reader.ts";

export type ReadEntry = TarEntry & { content: string };

/** Reads an archive in pieces of the given sizes, the rest in one. */
export function readTar(archive: Uint8Array, pieces: readonly number[] = []): ReadEntry[] {
  const entries: ReadEntry[] = [];
  let content: Buffer[] = [];
  let current: TarEntry | undefined;
  const reader = new TarReader({
    entry(entry) {
      assert.equal(current, undefined, "the entry before has ended");
      current = entry;
      content = [];
    },
    data: (bytes) => content.push(Buffer.from(bytes)),
    zeros: (count) => content.push(Buffer.alloc(count)),
    end() {
      assert.ok(current);
      const bytes = Buffer.concat(content);
      assert.equal(bytes.length, current.sizeBytes);
      entries.push({ ...current, content: bytes.toString("latin1") });
      current = undefined;
    },
  });
  let at = 0;
  for (const piece of pieces) {
    reader.push(archive.subarray(at, at + piece));
    at += piece;
  }
  reader.push(archive.subarray(at));
  reader.finish();
  return entries;
}
