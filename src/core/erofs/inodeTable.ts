import { type FileKind, fileKinds } from "./inode.ts";
import { Records } from "./records.ts";

/** An inode of the image that is no directory: a number into the writer's table. */
export type InodeId = number;

const pageBits = 12;
const pageMask = (1 << pageBits) - 1;
/** Three bits of kind below the number of names, as long as that fits into the other five. */
const kindBits = 3;
const kindMask = (1 << kindBits) - 1;
const mostLinks = 0xff >> kindBits;

/** What is still needed of an inode once it is written: where it lies and how many names it has. */
export class InodeTable {
  readonly #nids = new Records(1);
  readonly #kinds: Uint8Array[] = [];
  /** Number of names of the few inodes that have many. */
  readonly #manyLinks = new Map<InodeId, number>();

  get count(): number {
    return this.#nids.count;
  }

  add(kind: FileKind): InodeId {
    const inode = this.#nids.add();
    if ((inode & pageMask) === 0) this.#kinds.push(new Uint8Array(1 << pageBits));
    this.#set(inode, fileKinds.indexOf(kind));
    return inode;
  }

  kindOf(inode: InodeId): FileKind {
    return fileKinds[this.#get(inode) & kindMask] ?? "file";
  }

  /** The node id: byte offset in the image divided by 32. */
  nidOf(inode: InodeId): number {
    return this.#nids.get(inode, 0);
  }

  setNid(inode: InodeId, nid: number): void {
    this.#nids.set(inode, 0, nid);
  }

  linksOf(inode: InodeId): number {
    const links = this.#get(inode) >> kindBits;
    return links < mostLinks ? links : (this.#manyLinks.get(inode) ?? links);
  }

  addLink(inode: InodeId): void {
    const links = this.linksOf(inode) + 1;
    if (links >= mostLinks) this.#manyLinks.set(inode, links);
    if (links <= mostLinks) this.#set(inode, this.#get(inode) + (1 << kindBits));
  }

  #get(inode: InodeId): number {
    return this.#kinds[inode >>> pageBits]?.[inode & pageMask] ?? 0;
  }

  #set(inode: InodeId, value: number): void {
    const page = this.#kinds[inode >>> pageBits];
    if (page !== undefined) page[inode & pageMask] = value;
  }
}
