import type { ByteString } from "./byteString.ts";

type Reread = (node: number) => { readonly parent: number; readonly name: ByteString };

/** One hash table over all names of all directories: node numbers, found by parent and name. */
export class NameIndex {
  // Nobody can prepare names that meet in one place: where they go differs from run to run.
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  readonly #reread: Reread;
  /** Node numbers plus one; 0 is free. */
  #slots = new Uint32Array(1 << 8);
  #count = 0;

  /** `reread` gives a node's name back when the table grows. */
  constructor(reread: Reread) {
    this.#reread = reread;
  }

  find(parent: number, name: ByteString, isIt: (node: number) => boolean): number | undefined {
    const mask = this.#slots.length - 1;
    for (let at = this.#hash(parent, name) & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at] ?? 0;
      if (slot === 0) return undefined;
      if (isIt(slot - 1)) return slot - 1;
    }
  }

  /** Adds a name that is not there yet. */
  add(parent: number, name: ByteString, node: number): void {
    if (this.#count * 4 > this.#slots.length * 3) this.#grow();
    this.#count += 1;
    this.#insert(this.#hash(parent, name), node + 1);
  }

  /** Gives a name that is there to another node. */
  replace(parent: number, name: ByteString, nodes: { before: number; added: number }): void {
    const mask = this.#slots.length - 1;
    let at = this.#hash(parent, name) & mask;
    while (this.#slots[at] !== nodes.before + 1) at = (at + 1) & mask;
    this.#slots[at] = nodes.added + 1;
  }

  #insert(hash: number, slot: number): void {
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = slot;
  }

  #grow(): void {
    const slots = this.#slots;
    this.#slots = new Uint32Array(slots.length * 2);
    for (const slot of slots) {
      if (slot === 0) continue;
      const { parent, name } = this.#reread(slot - 1);
      this.#insert(this.#hash(parent, name), slot);
    }
  }

  /** FNV-1a, mixed once more because its low bits alone choose the slot. */
  #hash(parent: number, name: ByteString): number {
    let hash = Math.imul(this.#seed ^ parent, 0x9e3779b1);
    for (let at = 0; at < name.length; at += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}
