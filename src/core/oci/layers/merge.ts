import { AirlockError } from "#shared/errors.ts";
import { type ByteString, printable } from "../../erofs/byteString.ts";
import type { ErofsDirectory } from "../../erofs/directories.ts";
import type { InodeAttributes, InodeRef } from "../../erofs/inode.ts";
import type { ErofsWriter } from "../../erofs/writer.ts";
import { badLayer } from "../errors.ts";
import type { TarConsumer, TarEntry } from "../tar/entry.ts";
import { PendingLinks } from "./links.ts";
import { entryRole, pathComponents } from "./paths.ts";
import { type Directory, describe, finishedTree, hideBelow, ImageTree, type Leaf } from "./tree.ts";

/** The content of the open entry goes nowhere, or into the image and then to `onInode`. */
type OpenEntry =
  | { readonly path: ByteString; readonly onInode: (inode: InodeRef) => void }
  | undefined;

/**
 * Merges layers into one image while they are read, from the top layer down: what a higher layer
 * hides is never written. Whiteouts and opaque directories work on the layers below only.
 */
export class LayerMerge implements TarConsumer {
  readonly #writer: ErofsWriter;
  readonly #tree = new ImageTree();
  readonly #links = new PendingLinks(this.#tree);
  #layer = 0;
  #secondReading = false;
  #open: OpenEntry;

  constructor(writer: ErofsWriter) {
    this.#writer = writer;
  }

  /** Starts a layer; call with falling numbers, 0 last. */
  beginLayer(layer: number): void {
    this.#layer = layer;
    this.#secondReading = false;
    this.#links.beginLayer();
  }

  /**
   * True when a hard link of the layer leads to content that was skipped because its own name is
   * hidden: the layer has to be pushed once more after beginSecondReading.
   */
  get needsSecondReading(): boolean {
    return !this.#secondReading && this.#links.needsSecondReading;
  }

  beginSecondReading(): void {
    this.#secondReading = true;
  }

  /** The whole image, once all layers were read. */
  finish(): ErofsDirectory {
    this.#links.finish();
    return finishedTree(this.#tree.root);
  }

  entry(entry: TarEntry): void {
    this.#open = undefined;
    try {
      const components = pathComponents(entry.path);
      if (this.#secondReading) this.#readAgain(entry, components.join("/"));
      else this.#apply(entry, components);
    } catch (error) {
      throw inEntry(error, entry.path);
    }
  }

  data(bytes: Uint8Array): void {
    if (this.#open !== undefined) this.#writer.write(bytes);
  }

  zeros(count: number): void {
    if (this.#open !== undefined) this.#writer.zeros(count);
  }

  end(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    try {
      open.onInode(this.#writer.endFile());
    } catch (error) {
      throw inEntry(error, open.path);
    }
  }

  #apply(entry: TarEntry, components: ByteString[]): void {
    const role = entryRole(components, entry.path);
    switch (role.type) {
      case "root":
        if (entry.kind !== "directory") throw badLayer("the root is not a directory");
        describe(this.#tree.root, this.#layer, attributesOf(entry));
        return;
      case "opaque": {
        const directory = this.#tree.parent(role.directory, this.#layer);
        if (directory !== undefined) hideBelow(directory, this.#layer);
        return;
      }
      case "whiteout": {
        const parent = this.#tree.parent(role.parents, this.#layer);
        if (parent !== undefined) this.#tree.whiteout(parent, role.name, this.#layer);
        const hidden = [...role.parents, role.name].join("/");
        this.#links.refuse(hidden, this.#layer + 1, "which a layer between them removes");
        return;
      }
      case "content":
        this.#addContent(entry, this.#tree.parent(role.parents, this.#layer), components);
        return;
      case "ignored":
        return;
    }
  }

  #addContent(entry: TarEntry, parent: Directory | undefined, components: ByteString[]): void {
    const path = components.join("/");
    const name = components.at(-1) ?? "";
    if (entry.kind === "directory") {
      this.#links.refuse(path, this.#layer + 1, isDirectory);
      const directory = parent && this.#tree.enter(parent, name, this.#layer);
      if (directory !== undefined) describe(directory, this.#layer, attributesOf(entry));
      return;
    }
    const leaf: Leaf = {
      type: "leaf",
      layer: this.#layer,
      inode: undefined,
      symlink: entry.kind === "symlink" ? entry.linkPath : undefined,
    };
    const visible = parent !== undefined && this.#tree.place(parent, name, leaf);
    if (entry.kind === "hardLink") this.#addHardLink(entry, path, visible ? leaf : undefined);
    else if (visible || this.#links.isWanted(path)) {
      this.#write(entry, (inode) => {
        leaf.inode = inode;
        this.#links.resolve(path, inode);
      });
    }
  }

  #addHardLink(entry: TarEntry, path: ByteString, leaf: Leaf | undefined): void {
    const target = pathComponents(entry.linkPath).join("/");
    if (target === path) throw badLayer("the hard link leads to itself");
    this.#links.redirect(path, this.#layer, target);
    if (leaf === undefined) this.#links.addAlias(path, target);
    else this.#links.connect(leaf, path, target);
  }

  #readAgain(entry: TarEntry, path: ByteString): void {
    if (!this.#links.isWanted(path)) return;
    if (entry.kind === "directory") this.#links.refuse(path, this.#layer, isDirectory);
    if (entry.kind === "directory" || entry.kind === "hardLink") return;
    this.#write(entry, (inode) => this.#links.resolve(path, inode));
  }

  #write(entry: TarEntry, onInode: (inode: InodeRef) => void): void {
    if (entry.kind === "file") {
      this.#writer.beginFile(attributesOf(entry), entry.sizeBytes);
      this.#open = { path: entry.path, onInode };
      return;
    }
    const inode = this.#writeWithoutContent(entry);
    if (inode !== undefined) onInode(inode);
  }

  #writeWithoutContent(entry: TarEntry): InodeRef | undefined {
    const attributes = attributesOf(entry);
    switch (entry.kind) {
      case "symlink":
        return this.#writer.addSymlink(attributes, entry.linkPath);
      case "characterDevice":
      case "blockDevice": {
        const device = { major: entry.deviceMajor, minor: entry.deviceMinor };
        return this.#writer.addDevice(entry.kind, attributes, device);
      }
      case "fifo":
        return this.#writer.addSpecial("fifo", attributes);
      case "file":
      case "directory":
      case "hardLink":
        return undefined;
    }
  }
}

const isDirectory = "which is a directory";

function attributesOf(entry: TarEntry): InodeAttributes {
  const { mode, uid, gid, mtimeSeconds, mtimeNanoseconds } = entry;
  const xattrs = entry.xattrs.filter(({ name }) => !isOverlayXattr(name));
  return { mode, uid, gid, mtimeSeconds, mtimeNanoseconds, xattrs };
}

// The guest's overlay file system would act on them, so an image could redirect or hide its files.
function isOverlayXattr(name: ByteString): boolean {
  return name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.");
}

function inEntry(error: unknown, path: ByteString): unknown {
  const name = `"${printable(path)}"`;
  if (!(error instanceof AirlockError) || error.message.includes(name)) return error;
  return badLayer(`${name}: ${error.message}`);
}
