// An image in memory, for tests of the EROFS writer.
import type { ErofsSink } from "#core/erofs/sink.ts";

export class MemorySink implements ErofsSink {
  #parts: Buffer[] = [];
  #patches: { offset: number; bytes: Buffer }[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(Buffer.from(bytes));
  }

  skip(count: number): void {
    this.#parts.push(Buffer.alloc(count));
  }

  patch(offset: number, bytes: Uint8Array): void {
    this.#patches.push({ offset, bytes: Buffer.from(bytes) });
  }

  /** The whole image with all patches. */
  image(): Buffer {
    const image = Buffer.concat(this.#parts);
    for (const { offset, bytes } of this.#patches) image.set(bytes, offset);
    return image;
  }
}
