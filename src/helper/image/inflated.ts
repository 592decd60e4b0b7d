import type { TransformOptions } from "node:stream";
import type { ZlibOptions } from "node:zlib";

const chunkBytes = 256 << 10;
/** Inflating runs on while the output is being parsed, up to this many chunks ahead. */
const queuedChunks = 16;

/** Chunks as they are: a stream of bytes would copy those that are waiting into one. */
export const inflating = {
  chunkSize: chunkBytes,
  readableObjectMode: true,
  readableHighWaterMark: queuedChunks,
  writableHighWaterMark: 1 << 20,
} satisfies TransformOptions & ZlibOptions;

/**
 * Gives the memory of a chunk back at once, where the runtime can, instead of when it is collected:
 * inflating makes hundreds of megabytes of it. A chunk that does not end its buffer shares it with the
 * next one.
 */
export function release({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): void {
  const isLast = byteOffset + byteLength === buffer.byteLength;
  if (isLast && buffer.byteLength === chunkBytes) (buffer as Transferable).transfer?.(0);
}

type Transferable = ArrayBuffer & { transfer?: (bytes: number) => ArrayBuffer };
