import type { ByteString } from "../../erofs/byteString.ts";
import type { ErofsDirectory } from "../../erofs/directories.ts";
import type { InodeAttributes, InodeRef } from "../../erofs/inode.ts";
import { badLayer } from "../errors.ts";
import { pathComponents } from "./paths.ts";

/**
 * The merged image while its layers are read from the top down. Layers are numbered as in the
 * manifest: 0 is the lowest. What a higher layer has set is never touched by a lower one.
 */
export type Directory = {
  readonly type: "directory";
  /** The layer that made it. */
  readonly layer: number;
  /** Entries of layers below this one are hidden. */
  hidesBelow: number;
  /** From the highest layer that has an entry for the directory itself. */
  attributes: InodeAttributes | undefined;
  attributesLayer: number;
  readonly children: Map<ByteString, Node>;
};

export type Leaf = {
  readonly type: "leaf";
  readonly layer: number;
  /** Missing while a hard link waits for its target. */
  inode: InodeRef | undefined;
  /** The target of a symbolic link. */
  readonly symlink: ByteString | undefined;
};

/** Something a layer removed: it hides the name in the layers below. */
export type Whiteout = { readonly type: "whiteout"; readonly layer: number };

export type Node = Directory | Leaf | Whiteout;

const maxNodes = 5_000_000;
const maxHops = 40;
const defaultAttributes: InodeAttributes = {
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  xattrs: [],
};

export class ImageTree {
  readonly root = newDirectory(Number.POSITIVE_INFINITY, -1);
  #nodes = 0;

  /** The directory that holds an entry of this layer; undefined when a higher layer hides it. */
  parent(components: readonly ByteString[], layer: number): Directory | undefined {
    return this.#walk(components, layer, maxHops);
  }

  /** The directory `name` for an entry of this layer; undefined when a higher layer hides it. */
  enter(parent: Directory, name: ByteString, layer: number): Directory | undefined {
    const child = parent.children.get(name);
    if (child?.type === "directory") return child.hidesBelow > layer ? undefined : child;
    if (child !== undefined && child.layer > layer) return undefined;
    const directory = newDirectory(layer, child?.type === "whiteout" ? layer : -1);
    this.#put(parent, name, directory);
    return directory;
  }

  /** Puts something that is not a directory in its place; false when a higher layer hides it. */
  place(parent: Directory, name: ByteString, leaf: Leaf): boolean {
    const { layer } = leaf;
    const existing = parent.children.get(name);
    if (existing !== undefined && existing.layer > layer) {
      // A directory above a file: what still lower layers have in that place is hidden as well.
      if (existing.type === "directory") hideBelow(existing, layer);
      return false;
    }
    this.#put(parent, name, leaf);
    return true;
  }

  /** Whether `place` would put something of this layer there. */
  isFree(parent: Directory, name: ByteString, layer: number): boolean {
    const existing = parent.children.get(name);
    return existing === undefined || existing.layer <= layer;
  }

  /** Hides a name of the layers below; entries of the same layer stay. */
  whiteout(parent: Directory, name: ByteString, layer: number): void {
    const existing = parent.children.get(name);
    if (existing === undefined) this.#put(parent, name, { type: "whiteout", layer });
    else if (existing.type === "directory") hideBelow(existing, layer);
  }

  /** The node at a path, as a layer's hard link sees it. */
  find(components: readonly ByteString[]): Node | undefined {
    let node: Node = this.root;
    for (const component of components) {
      if (node.type !== "directory") return undefined;
      const child = node.children.get(component);
      if (child === undefined) return undefined;
      node = child;
    }
    return node;
  }

  #walk(components: readonly ByteString[], layer: number, hops: number): Directory | undefined {
    if (hops === 0) throw badLayer("a path leads through too many symbolic links");
    let directory = this.root;
    if (directory.hidesBelow > layer) return undefined;
    for (const [index, component] of components.entries()) {
      const child = directory.children.get(component);
      if (child?.type === "leaf" && child.layer === layer && child.symlink !== undefined) {
        const base = child.symlink.startsWith("/") ? [] : components.slice(0, index);
        const path = [...base, child.symlink, ...components.slice(index + 1)].join("/");
        return this.#walk(pathComponents(path), layer, hops - 1);
      }
      const next = this.enter(directory, component, layer);
      if (next === undefined) return undefined;
      directory = next;
    }
    return directory;
  }

  #put(parent: Directory, name: ByteString, node: Node): void {
    parent.children.set(name, node);
    this.#nodes += 1;
    if (this.#nodes > maxNodes) throw badLayer(`the image has more than ${maxNodes} files`);
  }
}

/** Everything in the directory that comes from below this layer is hidden. */
export function hideBelow(directory: Directory, layer: number): void {
  directory.hidesBelow = Math.max(directory.hidesBelow, layer);
}

/** Sets a directory's attributes unless a higher layer has. */
export function describe(directory: Directory, layer: number, attributes: InodeAttributes): void {
  if (directory.attributesLayer > layer) return;
  directory.attributes = attributes;
  directory.attributesLayer = layer;
}

/** The finished tree: whiteouts dropped, directories nobody described given plain attributes. */
export function finishedTree(root: Directory): ErofsDirectory {
  const finishedRoot = finished(root);
  const pending = [{ from: root, to: finishedRoot }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, child] of next.from.children) {
      if (child.type === "directory") {
        const directory = finished(child);
        next.to.entries.set(name, directory);
        pending.push({ from: child, to: directory });
      } else if (child.type === "leaf" && child.inode !== undefined) {
        next.to.entries.set(name, child.inode);
      }
    }
    next.from.children.clear();
  }
  return finishedRoot;
}

type OpenDirectory = ErofsDirectory & {
  readonly entries: Map<ByteString, InodeRef | ErofsDirectory>;
};

function finished(directory: Directory): OpenDirectory {
  return { attributes: directory.attributes ?? defaultAttributes, entries: new Map() };
}

function newDirectory(layer: number, hidesBelow: number): Directory {
  return {
    type: "directory",
    layer,
    hidesBelow,
    attributes: undefined,
    attributesLayer: -1,
    children: new Map(),
  };
}
