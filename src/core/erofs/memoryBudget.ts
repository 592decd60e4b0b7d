import { treeTooLarge } from "./errors.ts";

/**
 * All that is remembered of an image while it is made: a conversion stays below 200 MB, of which the
 * program itself and what is on its way through it are more than half.
 */
const defaultBytes = 34 << 20;

/** Bounds what an image's names, links and attributes take of memory, all together. */
export class MemoryBudget {
  readonly #bytes: number;
  #left: number;

  constructor(bytes = defaultBytes) {
    this.#bytes = bytes;
    this.#left = bytes;
  }

  /** Fails when the image has more than there is room for. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const megabytes = Math.round(this.#bytes / 2 ** 20);
    throw treeTooLarge(`more files, names and links than fit into ${megabytes} MB of memory`);
  }

  /** For memory that something can do without: false when there is no room for it. */
  canTake(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}
