import { ByteArena } from "./byteArena.ts";
import { type ByteString, printable } from "./byteString.ts";
import { badName } from "./errors.ts";
import type { InodeAttributes } from "./inode.ts";
import type { InodeId } from "./inodeTable.ts";
import { MemoryBudget } from "./memoryBudget.ts";
import { NameIndex } from "./nameIndex.ts";
import { Records } from "./records.ts";
import { XattrSets } from "./xattrSets.ts";

/** A name in the tree. */
export type NodeId = number;
/** A directory's own data; numbers from 0 in the order in which directories were added. */
export type DirectoryId = number;

/** `hidden` holds a place without being part of the image; `dead` was replaced by another node. */
export type NodeKind = "dead" | "directory" | "leaf" | "hidden";

/** Bytes of memory for each name, with its place in the index and the inode it may lead to. */
const nodeBytes = 32;
/** More of them for a directory, with what is planned for it. */
const directoryBytes = 56;

const nodeKinds: readonly NodeKind[] = ["dead", "directory", "leaf", "hidden"];
const none = 0xffffffff;
const maxNameBytes = 255;

const node = { name: 0, shape: 1, parent: 2, next: 3, target: 4, words: 5 } as const;
const directory = {
  firstChild: 0,
  mode: 1,
  uid: 2,
  gid: 3,
  mtimeNanoseconds: 4,
  mtimeLow: 5,
  mtimeHigh: 6,
  xattrs: 7,
  words: 8,
} as const;

/**
 * Directories and names of an image, some forty bytes for each file. A leaf leads to an inode, which
 * may have several names; `mark` is a 16-bit number that the owner of the tree may use.
 */
export class FileTree {
  readonly root: NodeId;
  readonly #budget: MemoryBudget;
  readonly #names = new ByteArena();
  readonly #nodes = new Records(node.words);
  readonly #directories = new Records(directory.words);
  readonly #index = new NameIndex((id) => ({
    parent: this.#nodes.get(id, node.parent),
    name: this.#names.get(this.#nodes.get(id, node.name), this.nameBytesOf(id)),
  }));
  readonly #xattrs: XattrSets;

  constructor(budget = new MemoryBudget()) {
    this.#budget = budget;
    this.#xattrs = new XattrSets(budget);
    this.root = this.#add("", "directory", 0);
  }

  get directoryCount(): number {
    return this.#directories.count;
  }

  find(parent: NodeId, name: ByteString): NodeId | undefined {
    return this.#index.find(parent, name, (found) => this.#isNamed(found, parent, name));
  }

  /** Gives the name to a new node; what had it before is dead, with everything below it. */
  // biome-ignore lint/complexity/useMaxParams: called for every file of an image, which must not cost an object.
  put(parent: NodeId, name: ByteString, kind: NodeKind, mark: number): NodeId {
    checkName(name);
    const before = this.find(parent, name);
    const added = this.#add(name, kind, mark);
    this.#nodes.set(added, node.parent, parent);
    const owner = this.directoryOf(parent);
    this.#nodes.set(added, node.next, this.#directories.get(owner, directory.firstChild));
    this.#directories.set(owner, directory.firstChild, added);
    if (before === undefined) this.#index.add(parent, name, added);
    else {
      this.#setKind(before, "dead");
      this.#index.replace(parent, name, { before, added });
    }
    return added;
  }

  kindOf(id: NodeId): NodeKind {
    return nodeKinds[(this.#nodes.get(id, node.shape) >>> 8) & 3] ?? "dead";
  }

  markOf(id: NodeId): number {
    return this.#nodes.get(id, node.shape) >>> 16;
  }

  inodeOf(leaf: NodeId): InodeId | undefined {
    const target = this.#nodes.get(leaf, node.target);
    return target === none ? undefined : target;
  }

  setInode(leaf: NodeId, inode: InodeId): void {
    this.#nodes.set(leaf, node.target, inode);
  }

  directoryOf(id: NodeId): DirectoryId {
    return this.#nodes.get(id, node.target);
  }

  /** Without a call a directory is 0755, owned by root, of time 0. */
  describe(id: DirectoryId, attributes: InodeAttributes): void {
    const set = (word: number, value: number) => this.#directories.set(id, word, value);
    set(directory.mode, attributes.mode);
    set(directory.uid, attributes.uid);
    set(directory.gid, attributes.gid);
    set(directory.mtimeNanoseconds, attributes.mtimeNanoseconds);
    // Two's complement of 64 bits; setting a word takes the lower 32 bits of a number.
    set(directory.mtimeLow, attributes.mtimeSeconds % 2 ** 32);
    set(directory.mtimeHigh, Math.floor(attributes.mtimeSeconds / 2 ** 32));
    set(directory.xattrs, this.#xattrs.add(attributes.xattrs));
  }

  attributesOf(id: DirectoryId): InodeAttributes {
    const get = (word: number) => this.#directories.get(id, word);
    return {
      mode: get(directory.mode),
      uid: get(directory.uid),
      gid: get(directory.gid),
      mtimeSeconds: (get(directory.mtimeHigh) | 0) * 2 ** 32 + get(directory.mtimeLow),
      mtimeNanoseconds: get(directory.mtimeNanoseconds),
      xattrs: this.#xattrs.get(get(directory.xattrs)),
    };
  }

  nameBytesOf(id: NodeId): number {
    return this.#nodes.get(id, node.shape) & 0xff;
  }

  /** The byte of a name at an index; 0 behind its end. */
  nameByte(id: NodeId, index: number): number {
    if (index >= this.nameBytesOf(id)) return 0;
    return this.#names.byteAt(this.#nodes.get(id, node.name) + index);
  }

  copyName(id: NodeId, target: Uint8Array, offset: number): void {
    this.#names.copyTo(target, offset, this.#nodes.get(id, node.name), this.nameBytesOf(id));
  }

  compareNames(a: NodeId, b: NodeId): number {
    const [placeA, placeB] = [this.#nodes.get(a, node.name), this.#nodes.get(b, node.name)];
    return this.#names.compare(placeA, this.nameBytesOf(a), placeB, this.nameBytesOf(b));
  }

  firstChild(id: DirectoryId): NodeId | undefined {
    return orNone(this.#directories.get(id, directory.firstChild));
  }

  nextSibling(id: NodeId): NodeId | undefined {
    return orNone(this.#nodes.get(id, node.next));
  }

  /** Makes these the children of a directory, in this order. */
  setChildren(id: DirectoryId, children: Uint32Array): void {
    let next = none;
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index] ?? 0;
      this.#nodes.set(child, node.next, next);
      next = child;
    }
    this.#directories.set(id, directory.firstChild, next);
  }

  #add(name: ByteString, kind: NodeKind, mark: number): NodeId {
    this.#budget.take(nodeBytes + name.length + (kind === "directory" ? directoryBytes : 0));
    const place = this.#names.add(name);
    const id = this.#nodes.add();
    this.#nodes.set(id, node.name, place);
    this.#nodes.set(id, node.shape, name.length | (nodeKinds.indexOf(kind) << 8) | (mark << 16));
    this.#nodes.set(id, node.next, none);
    this.#nodes.set(id, node.target, kind === "directory" ? this.#addDirectory() : none);
    return id;
  }

  #addDirectory(): DirectoryId {
    const id = this.#directories.add();
    this.#directories.set(id, directory.firstChild, none);
    this.#directories.set(id, directory.mode, 0o755);
    return id;
  }

  #setKind(id: NodeId, kind: NodeKind): void {
    const shape = this.#nodes.get(id, node.shape) & ~0x300;
    this.#nodes.set(id, node.shape, shape | (nodeKinds.indexOf(kind) << 8));
  }

  #isNamed(id: NodeId, parent: NodeId, name: ByteString): boolean {
    return (
      this.#nodes.get(id, node.parent) === parent &&
      this.nameBytesOf(id) === name.length &&
      this.#names.equals(this.#nodes.get(id, node.name), name)
    );
  }
}

function orNone(value: number): number | undefined {
  return value === none ? undefined : value;
}

function checkName(name: ByteString): void {
  const usable =
    name.length > 0 &&
    name.length <= maxNameBytes &&
    name !== "." &&
    name !== ".." &&
    !name.includes("/") &&
    !name.includes("\0");
  if (!usable) throw badName(printable(name), name.length);
}
