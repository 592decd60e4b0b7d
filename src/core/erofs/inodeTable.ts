import { type FileKind, fileKinds } from "./inode.ts";
import { Records } from "./records.ts";

/** An inode of the image that is no directory: a number into the writer's table. */
export type InodeId = number;

const nidWord = 0;
/** Three bits of kind below the number of names. */
const kindAndLinksWord = 1;

/** What is still needed of an inode once it is written: where it lies and how many names it has. */
export class InodeTable {
  readonly #records = new Records(2);

  get count(): number {
    return this.#records.count;
  }

  add(kind: FileKind): InodeId {
    const inode = this.#records.add();
    this.#records.set(inode, kindAndLinksWord, fileKinds.indexOf(kind));
    return inode;
  }

  kindOf(inode: InodeId): FileKind {
    return fileKinds[this.#records.get(inode, kindAndLinksWord) & 7] ?? "file";
  }

  /** The node id: byte offset in the image divided by 32. */
  nidOf(inode: InodeId): number {
    return this.#records.get(inode, nidWord);
  }

  setNid(inode: InodeId, nid: number): void {
    this.#records.set(inode, nidWord, nid);
  }

  linksOf(inode: InodeId): number {
    return this.#records.get(inode, kindAndLinksWord) >>> 3;
  }

  addLink(inode: InodeId): void {
    const value = this.#records.get(inode, kindAndLinksWord);
    this.#records.set(inode, kindAndLinksWord, value + 8);
  }
}
