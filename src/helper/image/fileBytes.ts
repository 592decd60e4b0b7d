import type { FileHandle } from "node:fs/promises";

const readBytes = 1 << 20;

/**
 * The bytes of an open file from `start` up to `end`, or as far as it goes. All pieces are read into
 * the same memory, so each is good until the next one is asked for: new memory for every piece would
 * stay until the next collection, some fifty megabytes of it.
 */
export async function* fileBytes(
  handle: FileHandle,
  { start = 0, end = Number.POSITIVE_INFINITY }: { start?: number; end?: number } = {},
): AsyncGenerator<Uint8Array, void> {
  const buffer = Buffer.allocUnsafe(Math.min(readBytes, Math.max(0, end - start)));
  for (let position = start; position < end; ) {
    const count = Math.min(buffer.length, end - position);
    const { bytesRead } = await handle.read(buffer, 0, count, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
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
