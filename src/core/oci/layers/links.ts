import { type ByteString, printable } from "../../erofs/byteString.ts";
import type { InodeRef } from "../../erofs/inode.ts";
import { badLayer } from "../errors.ts";
import type { ImageTree, Leaf } from "./tree.ts";

type Waiting = { readonly leaf: Leaf; readonly path: ByteString };

/**
 * Hard links whose target was not written when they came: because a higher layer hides the target's
 * own name, or because only a lower layer has it.
 */
export class PendingLinks {
  readonly #tree: ImageTree;
  readonly #waiting = new Map<ByteString, Waiting[]>();
  readonly #targetOf = new Map<Leaf, ByteString>();
  /** Hidden hard links of the current layer and where they lead. */
  readonly #aliases = new Map<ByteString, ByteString>();
  #addedInLayer = false;

  constructor(tree: ImageTree) {
    this.#tree = tree;
  }

  beginLayer(): void {
    this.#aliases.clear();
    this.#addedInLayer = false;
  }

  /** Whether the layer has to be read again for content that was skipped. */
  get needsSecondReading(): boolean {
    return this.#addedInLayer && this.#waiting.size > 0;
  }

  /** A hard link that a higher layer hides: others may lead through it. */
  addAlias(path: ByteString, target: ByteString): void {
    this.#aliases.set(path, target);
  }

  /** Gives the leaf its inode, now or when the target turns up. */
  connect(leaf: Leaf, path: ByteString, target: ByteString): void {
    const final = this.#followAliases(target);
    const node = this.#tree.find(final.split("/"));
    if (node?.type === "leaf" && node.layer === leaf.layer && node !== leaf) {
      if (node.inode !== undefined) leaf.inode = node.inode;
      else this.#wait({ leaf, path }, this.#targetOf.get(node) ?? final);
      return;
    }
    this.#wait({ leaf, path }, final);
    this.#addedInLayer = true;
  }

  isWanted(path: ByteString): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(path);
  }

  /** The target turned up. */
  resolve(path: ByteString, inode: InodeRef): void {
    for (const { leaf } of this.#take(path)) leaf.inode = inode;
  }

  /** The target turned out to be a hard link itself, in the layer `layer`. */
  redirect(path: ByteString, layer: number, target: ByteString): void {
    for (const waiting of this.#take(path)) {
      const final = this.#followAliases(target);
      const node = this.#tree.find(final.split("/"));
      if (node?.type === "leaf" && node.layer === layer && node.inode !== undefined) {
        waiting.leaf.inode = node.inode;
      } else {
        this.#wait(waiting, final);
        this.#addedInLayer = true;
      }
    }
  }

  /**
   * The target turned out to be something no hard link can lead to, as links of layer `fromLayer` and
   * of higher ones see it.
   */
  refuse(path: ByteString, fromLayer: number, reason: string): void {
    const first = this.#waiting.get(path)?.find(({ leaf }) => leaf.layer >= fromLayer);
    if (first !== undefined) throw brokenLink(first.path, path, reason);
  }

  /** All layers were read: every link has to be connected. */
  finish(): void {
    for (const [target, [first]] of this.#waiting) {
      if (first !== undefined) throw brokenLink(first.path, target, "which no layer has");
    }
  }

  #wait(waiting: Waiting, target: ByteString): void {
    const others = this.#waiting.get(target);
    if (others === undefined) this.#waiting.set(target, [waiting]);
    else others.push(waiting);
    this.#targetOf.set(waiting.leaf, target);
  }

  #take(path: ByteString): readonly Waiting[] {
    const waiting = this.#waiting.get(path) ?? [];
    this.#waiting.delete(path);
    for (const { leaf } of waiting) this.#targetOf.delete(leaf);
    return waiting;
  }

  #followAliases(target: ByteString): ByteString {
    const seen = new Set<ByteString>();
    let final = target;
    for (let next = this.#aliases.get(final); next !== undefined; next = this.#aliases.get(final)) {
      if (seen.has(final)) throw badLayer(`the hard link "${printable(target)}" leads to itself`);
      seen.add(final);
      final = next;
    }
    return final;
  }
}

function brokenLink(path: ByteString, target: ByteString, reason: string): Error {
  return badLayer(`the hard link "${printable(path)}" leads to "${printable(target)}", ${reason}`);
}
