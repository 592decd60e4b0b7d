import { ByteArena } from "../../erofs/byteArena.ts";
import type { ByteString } from "../../erofs/byteString.ts";
import type { NodeId } from "../../erofs/fileTree.ts";
import type { MemoryBudget } from "../../erofs/memoryBudget.ts";
import { Records } from "../../erofs/records.ts";

const link = { node: 0, place: 1, bytes: 2, words: 3 } as const;
const linkBytes = 4 * link.words;

/** Where the symbolic links of one layer lead: entries of the same layer may go through them. */
export class SymlinkTargets {
  #links = new Records(link.words);
  #texts = new ByteArena();
  readonly #budget: MemoryBudget;
  #takenBytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  clear(): void {
    this.#links = new Records(link.words);
    this.#texts = new ByteArena();
    this.#budget.give(this.#takenBytes);
    this.#takenBytes = 0;
  }

  /** Nodes have to come in rising order. */
  add(node: NodeId, target: ByteString): void {
    // Longer ones are refused when they are written.
    const text = target.slice(0, 4096);
    const bytes = text.length + linkBytes;
    this.#budget.take(bytes);
    this.#takenBytes += bytes;
    const place = this.#texts.add(text);
    const added = this.#links.add();
    this.#links.set(added, link.node, node);
    this.#links.set(added, link.place, place);
    this.#links.set(added, link.bytes, text.length);
  }

  get(node: NodeId): ByteString | undefined {
    let low = 0;
    let high = this.#links.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#links.get(middle, link.node) < node) low = middle + 1;
      else high = middle;
    }
    if (low === this.#links.count || this.#links.get(low, link.node) !== node) return undefined;
    return this.#texts.get(this.#links.get(low, link.place), this.#links.get(low, link.bytes));
  }
}
