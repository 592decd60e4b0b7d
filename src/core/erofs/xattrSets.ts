import { toByteString } from "./byteString.ts";
import { treeTooLarge } from "./errors.ts";
import type { Xattr } from "./xattrs.ts";

/** All directories together; what files have is written at once. */
const maxBytes = 16 << 20;

/** The extended attributes of directories: equal lists, which are the rule, are kept once. */
export class XattrSets {
  readonly #sets: (readonly Xattr[])[] = [[]];
  readonly #numbers = new Map<string, number>([["", 0]]);
  #bytes = 0;

  add(xattrs: readonly Xattr[]): number {
    const key = xattrs
      .map(({ name, value }) => `${name.length},${value.length}:${name}${toByteString(value)}`)
      .join("");
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#bytes += key.length;
    if (this.#bytes > maxBytes) {
      throw treeTooLarge(`more than ${maxBytes} bytes of extended attributes of directories`);
    }
    this.#numbers.set(key, this.#sets.length);
    this.#sets.push(xattrs);
    return this.#sets.length - 1;
  }

  get(number: number): readonly Xattr[] {
    return this.#sets[number] ?? [];
  }
}
