// Archives too large to hold, as streams.
import { createHash } from "node:crypto";
import { type TarInput, tarEntry, withChecksum } from "./tar.ts";

const batch = 1000;

/** An archive with this many entries that differ in their names only, in pieces of some hundred KB. */
export function* manyEntries(
  count: number,
  template: TarInput,
  nameOf: (index: number) => string,
): Generator<Buffer, void> {
  const header = tarEntry({ ...template, path: "x" });
  for (let start = 0; start < count; start += batch) {
    const entries: Buffer[] = [];
    for (let index = start; index < Math.min(start + batch, count); index += 1) {
      const entry = Buffer.from(header);
      entry.write(nameOf(index), 0, 100, "latin1");
      withChecksum(entry.subarray(0, 512));
      entries.push(entry);
    }
    yield Buffer.concat(entries);
  }
  yield Buffer.alloc(1024);
}

/** Digest and size of a stream. */
export function measure(pieces: Iterable<Uint8Array>): { digest: string; size: number } {
  const hash = createHash("sha256");
  let size = 0;
  for (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}
