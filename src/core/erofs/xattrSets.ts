import { toByteString } from "./byteString.ts";
import type { MemoryBudget } from "./memoryBudget.ts";
import type { Xattr } from "./xattrs.ts";

/** Roughly what a list takes beside its text, which is there twice. */
const overheadBytes = 300;

/** The extended attributes of directories: equal lists, which are the rule, are kept once. */
export class XattrSets {
  readonly #sets: (readonly Xattr[])[] = [[]];
  readonly #numbers = new Map<string, number>([["", 0]]);
  readonly #budget: MemoryBudget;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  add(xattrs: readonly Xattr[]): number {
    const key = xattrs
      .map(({ name, value }) => `${name.length},${value.length}:${name}${toByteString(value)}`)
      .join("");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#budget.take(2 * key.length + overheadBytes);
    this.#numbers.set(key, this.#sets.length);
    this.#sets.push(xattrs);
    return this.#sets.length - 1;
  }

  get(number: number): readonly Xattr[] {
    return this.#sets[number] ?? [];
  }
}
