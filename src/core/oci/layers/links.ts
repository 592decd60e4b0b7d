import { type ByteString, printable } from "../../erofs/byteString.ts";
import type { NodeId } from "../../erofs/fileTree.ts";
import type { InodeId } from "../../erofs/inodeTable.ts";
import type { MemoryBudget } from "../../erofs/memoryBudget.ts";
import { badLayer } from "../errors.ts";
import type { ImageTree } from "./tree.ts";

/** What waits for its target. */
type Waiting = {
  readonly leaf: NodeId;
  readonly path: ByteString;
  readonly layer: number;
  /** Number of the entry in its layer. */
  readonly position: number;
  /** From the best entry for the target so far. */
  inode: InodeId | undefined;
  /** Number of that entry, in the layer being read. */
  inodePosition: number;
};

/** An entry of the layer being read. */
export type Place = { readonly layer: number; readonly position: number };

/** Roughly what is kept for each name beside its text. */
const overheadBytes = 400;
/** Each entry of a name may be a better one for all links to it: seconds, and far more than images need. */
const maxSteps = 50_000_000;

/**
 * Hard links whose target was not written when they came: because a higher layer hides the target's
 * own name, or because only a lower layer has it. A name may occur several times in a layer: a link
 * of the same layer leads to the last one before it, one of a higher layer to the last of all.
 */
export class PendingLinks {
  readonly #tree: ImageTree;
  readonly #budget: MemoryBudget;
  /** Links of higher layers, by their targets. */
  readonly #waiting = new Map<ByteString, Waiting[]>();
  /** Those of the layer being read. */
  readonly #own = new Map<ByteString, Waiting[]>();
  readonly #targetOf = new Map<NodeId, ByteString>();
  /** Hidden hard links of the current layer and where they lead. */
  readonly #aliases = new Map<ByteString, ByteString>();
  #addedInLayer = false;
  #steps = 0;

  constructor(tree: ImageTree, budget: MemoryBudget) {
    this.#tree = tree;
    this.#budget = budget;
  }

  beginLayer(): void {
    this.#settle();
    this.#aliases.clear();
    this.#addedInLayer = false;
  }

  /** Whether the layer has to be read again for content that was skipped. */
  get needsSecondReading(): boolean {
    return this.#addedInLayer && this.#waiting.size + this.#own.size > 0;
  }

  /** A hard link that a higher layer hides: others may lead through it. */
  addAlias(path: ByteString, target: ByteString): void {
    this.#hold(path.length + target.length);
    this.#aliases.set(path, target);
  }

  /** A hidden name is something else from here on, and no hard link any more. */
  removeAlias(path: ByteString): void {
    if (this.#aliases.size > 0) this.#aliases.delete(path);
  }

  /** Gives the leaf its inode, now or when the target turns up. */
  connect(leaf: NodeId, { path, target, at }: { path: ByteString; target: ByteString; at: Place }) {
    const final = this.#followAliases(target);
    const node = this.#tree.findLeaf(final.split("/"));
    const waiting = { leaf, path, ...at, inode: undefined, inodePosition: -1 };
    if (node !== undefined && this.#tree.layerOf(node) === at.layer && node !== leaf) {
      const inode = this.#tree.inodeOf(node);
      if (inode !== undefined) this.#tree.files.setInode(leaf, inode);
      else this.#wait(waiting, this.#targetOf.get(node) ?? final);
      return;
    }
    this.#wait(waiting, final);
    this.#addedInLayer = true;
  }

  /** Whether a link would lead to an entry of this name at this place. */
  isWanted(path: ByteString, at: Place): boolean {
    if (this.#waiting.size + this.#own.size === 0) return false;
    return this.#all(path).some((waiting) => isBetter(waiting, at));
  }

  /** An entry for the target was written. */
  resolve(path: ByteString, inode: InodeId, at: Place): void {
    for (const waiting of this.#all(path)) {
      if (!isBetter(waiting, at)) continue;
      waiting.inode = inode;
      waiting.inodePosition = at.position;
      this.#tree.files.setInode(waiting.leaf, inode);
    }
  }

  /**
   * The target of links of higher layers turned out to be a hard link itself. Those of the same layer
   * came before it, and lead to what had the name then.
   */
  redirect(path: ByteString, target: ByteString, at: Place): void {
    for (const waiting of this.#take(path)) {
      const final = this.#followAliases(target);
      const node = this.#tree.findLeaf(final.split("/"));
      const inode = node === undefined ? undefined : this.#tree.inodeOf(node);
      if (node !== undefined && inode !== undefined && this.#tree.layerOf(node) === at.layer) {
        this.#tree.files.setInode(waiting.leaf, inode);
      } else {
        this.#hold(waiting.path.length + final.length);
        this.#put(this.#waiting, { ...waiting, inode: undefined, inodePosition: -1 }, final);
        this.#addedInLayer = true;
      }
    }
  }

  /**
   * The target turned out to be something no hard link can lead to, as links of layer `fromLayer` and
   * of higher ones see it.
   */
  refuse(path: ByteString, fromLayer: number, reason: string): void {
    if (this.#waiting.size + this.#own.size === 0) return;
    const first = this.#all(path).find(
      ({ layer, inode }) => layer >= fromLayer && inode === undefined,
    );
    if (first !== undefined) throw brokenLink(first.path, path, reason);
  }

  /** All layers were read: every link has to be connected. */
  finish(): void {
    this.#settle();
    for (const [target, [first]] of this.#waiting) {
      if (first !== undefined) throw brokenLink(first.path, target, "which no layer has");
    }
  }

  /** The layer is over: what has a target keeps it. */
  #settle(): void {
    const before = [...this.#waiting, ...this.#own];
    for (const [, all] of before) this.#spend(all.length);
    this.#waiting.clear();
    this.#own.clear();
    this.#targetOf.clear();
    for (const [target, all] of before) {
      for (const waiting of all) {
        if (waiting.inode === undefined) this.#put(this.#waiting, waiting, target);
      }
    }
  }

  #all(path: ByteString): readonly Waiting[] {
    const [waiting, own] = [this.#waiting.get(path), this.#own.get(path)];
    this.#spend((waiting?.length ?? 0) + (own?.length ?? 0));
    if (waiting === undefined || own === undefined) return waiting ?? own ?? [];
    return [...waiting, ...own];
  }

  #wait(waiting: Waiting, target: ByteString): void {
    this.#hold(waiting.path.length + target.length);
    this.#put(this.#own, waiting, target);
  }

  #put(waitingFor: Map<ByteString, Waiting[]>, waiting: Waiting, target: ByteString): void {
    const others = waitingFor.get(target);
    if (others === undefined) waitingFor.set(target, [waiting]);
    else others.push(waiting);
    this.#targetOf.set(waiting.leaf, target);
  }

  #take(path: ByteString): readonly Waiting[] {
    const waiting = this.#waiting.get(path) ?? [];
    this.#spend(waiting.length);
    this.#waiting.delete(path);
    for (const { leaf } of waiting) this.#targetOf.delete(leaf);
    return waiting;
  }

  #hold(bytes: number): void {
    this.#budget.take(bytes + overheadBytes);
  }

  #spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > maxSteps) {
      throw badLayer("its hard links and their targets take too long to follow");
    }
  }

  #followAliases(target: ByteString): ByteString {
    const seen = new Set<ByteString>();
    let final = target;
    for (let next = this.#aliases.get(final); next !== undefined; next = this.#aliases.get(final)) {
      if (seen.has(final)) throw badLayer(`the hard link "${printable(target)}" leads to itself`);
      this.#spend(1);
      seen.add(final);
      final = next;
    }
    return final;
  }
}

/** Whether the entry at this place suits the link better than what it has. */
function isBetter(waiting: Waiting, at: Place): boolean {
  if (waiting.inode === undefined) return true;
  if (waiting.layer !== at.layer) return at.position > waiting.inodePosition;
  const isBefore = at.position < waiting.position;
  return (
    isBefore && (at.position > waiting.inodePosition || waiting.inodePosition > waiting.position)
  );
}

function brokenLink(path: ByteString, target: ByteString, reason: string): Error {
  return badLayer(`the hard link "${printable(path)}" leads to "${printable(target)}", ${reason}`);
}
