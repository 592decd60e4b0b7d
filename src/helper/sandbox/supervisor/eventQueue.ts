/** More than a watcher that reads ever leaves waiting. */
const longestQueue = 256;

/**
 * What one watcher has still to be sent. It never holds up the one who reports. A watcher that does not
 * read loses what is older than the newest event of each kind, and so costs no more than a full queue.
 */
export class EventQueue<Item> {
  #items: Item[] = [];
  #ended = false;
  #wake: () => void = () => undefined;
  readonly #kindOf: (item: Item) => unknown;

  constructor(kindOf: (item: Item) => unknown) {
    this.#kindOf = kindOf;
  }

  push(item: Item): void {
    if (this.#ended) return;
    this.#items.push(item);
    if (this.#items.length > longestQueue) this.#keepNewest();
    this.#wake();
  }

  /** What was pushed before is still delivered. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *drain(): AsyncGenerator<Item> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  #keepNewest(): void {
    const newest = new Map(this.#items.map((item) => [this.#kindOf(item), item]));
    this.#items = this.#items.filter((item) => newest.get(this.#kindOf(item)) === item);
  }
}
