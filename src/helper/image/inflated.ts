import type { TransformOptions } from "node:stream";
import type { ZlibOptions } from "node:zlib";

/** Each chunk costs two changes of threads, more than a quarter of the time it takes with smaller ones. */
const chunkBytes = 1 << 20;
/** Inflating runs on while the output is being parsed, up to this many chunks ahead. */
const queuedChunks = 4;

/** Chunks as they are: a stream of bytes would copy those that are waiting into one. */
export const inflating = {
  chunkSize: chunkBytes,
  readableObjectMode: true,
  readableHighWaterMark: queuedChunks,
  writableHighWaterMark: 1 << 20,
} satisfies TransformOptions & ZlibOptions;
