import type { FileHandle } from "node:fs/promises";
import { blockBytes } from "#core/erofs/inode.ts";
import type { ErofsSink } from "#core/erofs/sink.ts";

const bufferBytes = 1 << 20;
const maxQueuedBytes = 2 << 20;
/** Shorter runs of zeros are written; longer ones become holes. */
const minHoleBytes = 64 << 10;

/** The disk begins with so much at once, so that little is left to wait for at the end. */
const syncBytes = 32 << 20;

/** So many are kept before they are written. */
const maxPatches = 1024;

type Patch = { readonly offset: number; readonly bytes: Uint8Array };

/** Writes an image to a file in large pieces while the next ones are being made. */
export class FileSink implements ErofsSink {
  readonly #handle: FileHandle;
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #patches: Patch[] = [];
  #buffer: Buffer<ArrayBuffer> = Buffer.allocUnsafe(bufferBytes);
  #filled = 0;
  /** Where the buffer's first byte belongs in the file. */
  #position = 0;
  #queuedBytes = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get sizeBytes(): number {
    return this.#position + this.#filled;
  }

  write(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const count = Math.min(bytes.length - at, bufferBytes - this.#filled);
      this.#buffer.set(
        at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count),
        this.#filled,
      );
      this.#filled += count;
      at += count;
      if (this.#filled === bufferBytes) this.#enqueue();
    }
  }

  skip(count: number): void {
    if (count < minHoleBytes) {
      for (let left = count; left > 0; left -= zeros.length) {
        this.write(left < zeros.length ? zeros.subarray(0, left) : zeros);
      }
      return;
    }
    this.#enqueue();
    this.#position += count;
  }

  patch(offset: number, bytes: Uint8Array): void {
    this.#patches.push({ offset, bytes: bytes.slice() });
    if (this.#patches.length === maxPatches) this.#enqueuePatches();
  }

  /** Waits while too much is queued, and reports a failed write. */
  async drain(): Promise<void> {
    if (this.#queuedBytes > maxQueuedBytes) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Writes what is left and the patches, and forces everything to the disk. */
  async finish(): Promise<void> {
    this.#enqueuePatches();
    await this.#writing;
    await this.#syncing;
    if (this.#failure !== undefined) throw this.#failure.error;
    await this.#handle.truncate(this.#position);
    await this.#handle.datasync();
  }

  #enqueue(): void {
    if (this.#filled === 0) return;
    const buffer = this.#buffer;
    const piece = buffer.subarray(0, this.#filled);
    const position = this.#position;
    this.#position += piece.length;
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(bufferBytes);
    this.#filled = 0;
    this.#afterOthers(piece.length, async () => {
      await this.#writeAll(piece, position);
      this.#free.push(buffer);
      this.#syncNowAndThen(piece.length);
    });
  }

  /** Goes on beside the writing. */
  #syncNowAndThen(writtenBytes: number): void {
    this.#unsyncedBytes += writtenBytes;
    if (this.#unsyncedBytes < syncBytes || this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = this.#handle
      .datasync()
      // The system tells of a lost write once only.
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#syncing = undefined;
      });
  }

  #enqueuePatches(): void {
    // They may be for bytes that are still in the buffer.
    this.#enqueue();
    const patches = this.#patches;
    this.#patches = [];
    // Small writes cost about as much as large ones.
    this.#afterOthers(patches.length * blockBytes, async () => {
      for (const { offset, bytes } of patches) await this.#writeAll(bytes, offset);
    });
  }

  #afterOthers(bytes: number, write: () => Promise<void>): void {
    this.#queuedBytes += bytes;
    this.#writing = this.#writing
      .then(() => (this.#failure === undefined ? write() : undefined))
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#queuedBytes -= bytes;
      });
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        at,
        bytes.length - at,
        position + at,
      );
      at += bytesWritten;
    }
  }
}

const zeros = new Uint8Array(4096);
