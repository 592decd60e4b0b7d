import type { FileHandle } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { giveBack } from "../memory.ts";

/** So much may wait while something is being written. */
const maxWaitingBytes = 512 << 10;

/**
 * Appends what comes in to a file. Pieces that come in one turn of the event loop, or while others are
 * being written, go together with the next write: a connection brings small ones, and each write costs
 * a turn of the thread pool.
 */
export class Appender {
  readonly #handle: FileHandle;
  readonly #onWritten: (bytes: number) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(handle: FileHandle, onWritten: (bytes: number) => void) {
    this.#handle = handle;
    this.#onWritten = onWritten;
  }

  /** Takes the piece's memory, and waits while too much is to be written. */
  async add(piece: Uint8Array): Promise<void> {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    this.#writing ??= this.#write();
    if (this.#waitingBytes >= maxWaitingBytes) await this.finish();
    else this.#check();
  }

  /** Waits until everything is in the file. */
  async finish(): Promise<void> {
    await this.#writing;
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    try {
      await setImmediate();
      while (this.#waiting.length > 0) {
        const pieces = this.#waiting;
        this.#waiting = [];
        this.#waitingBytes = 0;
        await this.#writeAll(pieces);
        for (const piece of pieces) giveBack(piece);
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#writing = undefined;
  }

  async #writeAll(pieces: Uint8Array[]): Promise<void> {
    for (let left = pieces; left.length > 0; ) {
      const { bytesWritten } = await this.#handle.writev(left);
      this.#onWritten(bytesWritten);
      left = behind(left, bytesWritten);
    }
  }
}

/** What is left when the first bytes are gone. */
function behind(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  const left: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip < piece.length) left.push(piece.subarray(skip));
    skip = Math.max(0, skip - piece.length);
  }
  return left;
}
