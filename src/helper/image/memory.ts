/**
 * Gives the memory of bytes that nobody needs any more back at once, where the runtime can, instead of
 * when it is collected: an image is hundreds of megabytes of such pieces. Those that share a buffer have
 * to come in its order: it goes with the last one.
 */
export function giveBack({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isLast = byteOffset + byteLength === buffer.byteLength;
  // Small buffers of Node's are parts of one of this size, which others use, too.
  const isShared = buffer.byteLength === Buffer.poolSize && byteLength < Buffer.poolSize;
  if (isLast && !isShared) (buffer as Transferable).transfer?.(0);
}

/** Node 20 does not have it. */
type Transferable = ArrayBufferLike & { transfer?: (bytes: number) => ArrayBuffer };
