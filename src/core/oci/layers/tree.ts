import type { ByteString } from "../../erofs/byteString.ts";
import { FileTree, type NodeId } from "../../erofs/fileTree.ts";
import type { InodeAttributes } from "../../erofs/inode.ts";
import type { InodeId } from "../../erofs/inodeTable.ts";
import type { MemoryBudget } from "../../erofs/memoryBudget.ts";
import { Records } from "../../erofs/records.ts";
import { badLayer } from "../errors.ts";
import { pathComponents } from "./paths.ts";
import { SymlinkTargets } from "./symlinks.ts";

const maxHops = 40;

/** For each directory, as layer numbers plus one, so that 0 is none. */
const overlay = {
  /** Entries of layers below this one are hidden. */
  hidesBelow: 0,
  /** The highest layer that has an entry for the directory itself. */
  describedBy: 1,
  words: 2,
} as const;

/**
 * The merged image while its layers are read from the top down. Layers are numbered as in the
 * manifest: 0 is the lowest. What a higher layer has set is never touched by a lower one. The mark of
 * a node is the layer it comes from; a whiteout is a hidden node.
 */
export class ImageTree {
  readonly files: FileTree;
  readonly #overlay = new Records(overlay.words);
  readonly #symlinks: SymlinkTargets;

  constructor(budget: MemoryBudget) {
    this.files = new FileTree(budget);
    this.#symlinks = new SymlinkTargets(budget);
    this.#overlay.add();
  }

  get root(): NodeId {
    return this.files.root;
  }

  beginLayer(): void {
    this.#symlinks.clear();
  }

  /** The directory that holds an entry of this layer; undefined when a higher layer hides it. */
  parent(components: readonly ByteString[], layer: number): NodeId | undefined {
    return this.#walk(components, layer, maxHops);
  }

  /** The directory `name` for an entry of this layer; undefined when a higher layer hides it. */
  enter(parent: NodeId, name: ByteString, layer: number): NodeId | undefined {
    const child = this.files.find(parent, name);
    if (child !== undefined && this.files.kindOf(child) === "directory") {
      return this.#hides(child, layer) ? undefined : child;
    }
    if (child !== undefined && this.files.markOf(child) > layer) return undefined;
    const wasRemoved = child !== undefined && this.files.kindOf(child) === "hidden";
    const directory = this.files.put(parent, name, "directory", layer);
    this.#overlay.add();
    if (wasRemoved) this.hideBelow(directory, layer);
    return directory;
  }

  /**
   * Puts something that is not a directory in its place, with a target when it is a symbolic link;
   * undefined when a higher layer hides it.
   */
  place(
    parent: NodeId,
    name: ByteString,
    { layer, symlink }: { layer: number; symlink: ByteString | undefined },
  ): NodeId | undefined {
    const existing = this.files.find(parent, name);
    if (existing !== undefined && this.files.markOf(existing) > layer) {
      // A directory above a file: what still lower layers have in that place is hidden as well.
      if (this.files.kindOf(existing) === "directory") this.hideBelow(existing, layer);
      return undefined;
    }
    const leaf = this.files.put(parent, name, "leaf", layer);
    if (symlink !== undefined) this.#symlinks.add(leaf, symlink);
    return leaf;
  }

  /** Hides a name of the layers below; entries of the same layer stay. */
  whiteout(parent: NodeId, name: ByteString, layer: number): void {
    const existing = this.files.find(parent, name);
    if (existing === undefined) this.files.put(parent, name, "hidden", layer);
    else if (this.files.kindOf(existing) === "directory") this.hideBelow(existing, layer);
  }

  /** The leaf at a path, without following links. */
  findLeaf(components: readonly ByteString[]): NodeId | undefined {
    let node: NodeId = this.root;
    for (const component of components) {
      if (this.files.kindOf(node) !== "directory") return undefined;
      const child = this.files.find(node, component);
      if (child === undefined) return undefined;
      node = child;
    }
    return this.files.kindOf(node) === "leaf" ? node : undefined;
  }

  layerOf(node: NodeId): number {
    return this.files.markOf(node);
  }

  inodeOf(leaf: NodeId): InodeId | undefined {
    return this.files.inodeOf(leaf);
  }

  /** Everything in the directory that comes from below this layer is hidden. */
  hideBelow(directory: NodeId, layer: number): void {
    const id = this.files.directoryOf(directory);
    const before = this.#overlay.get(id, overlay.hidesBelow);
    this.#overlay.set(id, overlay.hidesBelow, Math.max(before, layer + 1));
  }

  /** Sets a directory's attributes unless a higher layer has. */
  describe(directory: NodeId, layer: number, attributes: InodeAttributes): void {
    const id = this.files.directoryOf(directory);
    if (this.#overlay.get(id, overlay.describedBy) > layer + 1) return;
    this.#overlay.set(id, overlay.describedBy, layer + 1);
    this.files.describe(id, attributes);
  }

  #hides(directory: NodeId, layer: number): boolean {
    return this.#overlay.get(this.files.directoryOf(directory), overlay.hidesBelow) > layer + 1;
  }

  #walk(components: readonly ByteString[], layer: number, hops: number): NodeId | undefined {
    if (hops === 0) throw badLayer("a path leads through too many symbolic links");
    let directory = this.root;
    if (this.#hides(directory, layer)) return undefined;
    for (const [index, component] of components.entries()) {
      const symlink = this.#symlinkOf(directory, component, layer);
      if (symlink !== undefined) {
        const base = symlink.startsWith("/") ? [] : components.slice(0, index);
        const path = [...base, symlink, ...components.slice(index + 1)].join("/");
        return this.#walk(pathComponents(path), layer, hops - 1);
      }
      const next = this.enter(directory, component, layer);
      if (next === undefined) return undefined;
      directory = next;
    }
    return directory;
  }

  /** The target of a symbolic link of this layer. */
  #symlinkOf(directory: NodeId, name: ByteString, layer: number): ByteString | undefined {
    const child = this.files.find(directory, name);
    if (child === undefined || this.files.kindOf(child) !== "leaf") return undefined;
    return this.files.markOf(child) === layer ? this.#symlinks.get(child) : undefined;
  }
}
