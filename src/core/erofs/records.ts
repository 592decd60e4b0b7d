const pageBits = 10;
const pageMask = (1 << pageBits) - 1;

/**
 * Records of a few 32-bit words each, in pages: millions of them cost no more than their words, and
 * growing copies nothing.
 */
export class Records {
  readonly #words: number;
  readonly #pages: Uint32Array[] = [];
  #count = 0;

  constructor(words: number) {
    this.#words = words;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a record of zeros and returns its number. */
  add(): number {
    if ((this.#count & pageMask) === 0) this.#pages.push(new Uint32Array(this.#words << pageBits));
    this.#count += 1;
    return this.#count - 1;
  }

  get(record: number, word: number): number {
    const page = this.#pages[record >>> pageBits];
    return page?.[(record & pageMask) * this.#words + word] ?? 0;
  }

  set(record: number, word: number, value: number): void {
    const page = this.#pages[record >>> pageBits];
    if (page !== undefined) page[(record & pageMask) * this.#words + word] = value;
  }
}
