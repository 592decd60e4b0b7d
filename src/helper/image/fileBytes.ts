import type { FileHandle } from "node:fs/promises";

const largestPieceBytes = 1 << 20;

/**
 * Reads pieces of an open file into two pieces of memory in turn, so that one can be read while the
 * last is in use: each is good until the next but one is asked for. New memory for every piece would
 * stay until the next collection, some fifty megabytes of it.
 */
export class PieceReader {
  readonly #handle: FileHandle;
  readonly #pieceBytes: number;
  /** What was read last comes first. */
  #memory: Buffer[] = [];

  constructor(handle: FileHandle, maxBytes = Number.POSITIVE_INFINITY) {
    this.#handle = handle;
    this.#pieceBytes = Math.min(largestPieceBytes, maxBytes);
  }

  /** At most `maxBytes` of the file from `position` on; none at its end. */
  async read(position: number, maxBytes: number): Promise<Buffer> {
    const [last, next = Buffer.allocUnsafe(this.#pieceBytes)] = this.#memory;
    this.#memory = last === undefined ? [next] : [next, last];
    const count = Math.min(next.length, maxBytes);
    const { bytesRead } = await this.#handle.read(next, 0, count, position);
    return next.subarray(0, bytesRead);
  }
}

/**
 * The bytes of an open file from `start` up to `end`, or as far as it goes. Each piece is good until
 * the next but one is asked for.
 */
export async function* fileBytes(
  handle: FileHandle,
  { start = 0, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number } = {},
): AsyncGenerator<Uint8Array, void> {
  const reader = new PieceReader(handle, Math.max(0, end - start));
  for (let position = start; position < end; ) {
    const piece = await reader.read(position, end - position);
    if (piece.length === 0) return;
    position += piece.length;
    yield piece;
  }
}

/** The same for a handle that nobody else needs: it is closed with the last piece. */
export async function* ownFileBytes(handle: FileHandle): AsyncGenerator<Uint8Array, void> {
  try {
    yield* fileBytes(handle);
  } finally {
    await handle.close();
  }
}
