import type { ByteString } from "./byteString.ts";
import { Records } from "./records.ts";

type Reread = (node: number) => { readonly parent: number; readonly name: ByteString };

/** Names in a bucket, on average. */
const load = 2;

/**
 * One hash table over all names of all directories: node numbers, found by parent and name. It grows by
 * one bucket at a time (linear hashing), so that it never holds more memory than it needs, nor pauses.
 */
export class NameIndex {
  // Nobody can prepare names that meet in one place: where they go differs from run to run.
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  readonly #reread: Reread;
  /** First node of each bucket, plus one; 0 is none. */
  readonly #heads = new Records(1);
  /** For each node the next one of its bucket, plus one. */
  readonly #chain = new Records(1);
  /** One less than the power of two that is not below the number of buckets. */
  #mask = 0;
  #count = 0;

  /** `reread` gives a node's name back when a bucket is split. */
  constructor(reread: Reread) {
    this.#reread = reread;
    this.#heads.add();
  }

  find(parent: number, name: ByteString, isIt: (node: number) => boolean): number | undefined {
    let slot = this.#heads.get(this.#bucket(this.#hash(parent, name)), 0);
    while (slot !== 0 && !isIt(slot - 1)) slot = this.#chain.get(slot - 1, 0);
    return slot === 0 ? undefined : slot - 1;
  }

  /** Adds a name that is not there yet. */
  add(parent: number, name: ByteString, node: number): void {
    this.#count += 1;
    if (this.#count > this.#heads.count * load) this.#split();
    this.#prepend(this.#bucket(this.#hash(parent, name)), node);
  }

  /** Gives a name that is there to another node. */
  replace(parent: number, name: ByteString, nodes: { before: number; added: number }): void {
    const bucket = this.#bucket(this.#hash(parent, name));
    const after = this.#chain.get(nodes.before, 0);
    this.#reach(nodes.added);
    this.#chain.set(nodes.added, 0, after);
    let slot = this.#heads.get(bucket, 0);
    if (slot === nodes.before + 1) {
      this.#heads.set(bucket, 0, nodes.added + 1);
      return;
    }
    while (this.#chain.get(slot - 1, 0) !== nodes.before + 1) slot = this.#chain.get(slot - 1, 0);
    this.#chain.set(slot - 1, 0, nodes.added + 1);
  }

  #prepend(bucket: number, node: number): void {
    this.#reach(node);
    this.#chain.set(node, 0, this.#heads.get(bucket, 0));
    this.#heads.set(bucket, 0, node + 1);
  }

  #reach(node: number): void {
    while (this.#chain.count <= node) this.#chain.add();
  }

  #bucket(hash: number): number {
    const bucket = (hash & this.#mask) >>> 0;
    return bucket < this.#heads.count ? bucket : bucket & (this.#mask >>> 1);
  }

  /** Adds a bucket, and shares with it what its lower half had. */
  #split(): void {
    const added = this.#heads.add();
    if (added > this.#mask) this.#mask = this.#mask * 2 + 1;
    const from = added & (this.#mask >>> 1);
    let slot = this.#heads.get(from, 0);
    this.#heads.set(from, 0, 0);
    while (slot !== 0) {
      const node = slot - 1;
      slot = this.#chain.get(node, 0);
      const { parent, name } = this.#reread(node);
      this.#prepend(this.#bucket(this.#hash(parent, name)), node);
    }
  }

  /** FNV-1a, mixed once more because its low bits alone choose the bucket. */
  #hash(parent: number, name: ByteString): number {
    let hash = Math.imul(this.#seed ^ parent, 0x9e3779b1);
    for (let at = 0; at < name.length; at += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}
