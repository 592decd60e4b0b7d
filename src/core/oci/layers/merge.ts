import { AirlockError } from "#shared/errors.ts";
import { type ByteString, printable } from "../../erofs/byteString.ts";
import type { FileTree, NodeId } from "../../erofs/fileTree.ts";
import type { InodeAttributes } from "../../erofs/inode.ts";
import type { InodeId } from "../../erofs/inodeTable.ts";
import { MemoryBudget } from "../../erofs/memoryBudget.ts";
import type { ErofsWriter } from "../../erofs/writer.ts";
import { badLayer } from "../errors.ts";
import type { TarConsumer, TarEntry } from "../tar/entry.ts";
import { PendingLinks, type Place } from "./links.ts";
import { entryRole, pathComponents } from "./paths.ts";
import { ImageTree } from "./tree.ts";

/** The content of the open entry goes nowhere, or into the image and then to `onInode`. */
type OpenEntry =
  | { readonly path: ByteString; readonly onInode: (inode: InodeId) => void }
  | undefined;

/**
 * Merges layers into one image while they are read, from the top layer down: what a higher layer
 * hides is never written. Whiteouts and opaque directories work on the layers below only.
 */
export class LayerMerge implements TarConsumer {
  readonly #writer: ErofsWriter;
  readonly #tree: ImageTree;
  readonly #links: PendingLinks;
  #layer = 0;
  /** Number of the entry in its layer. */
  #position = 0;
  #secondReading = false;
  #open: OpenEntry;

  constructor(writer: ErofsWriter, budget = new MemoryBudget()) {
    this.#writer = writer;
    this.#tree = new ImageTree(budget);
    this.#links = new PendingLinks(this.#tree, budget);
  }

  /** Starts a layer; call with falling numbers, 0 last. */
  beginLayer(layer: number): void {
    this.#layer = layer;
    this.#position = 0;
    this.#secondReading = false;
    this.#tree.beginLayer();
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
    this.#position = 0;
    this.#secondReading = true;
  }

  /** The whole image, once all layers were read. */
  finish(): FileTree {
    this.#links.finish();
    return this.#tree.files;
  }

  entry(entry: TarEntry): void {
    this.#open = undefined;
    this.#position += 1;
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
        this.#tree.describe(this.#tree.root, this.#layer, attributesOf(entry));
        return;
      case "opaque": {
        const directory = this.#tree.parent(role.directory, this.#layer);
        if (directory !== undefined) this.#tree.hideBelow(directory, this.#layer);
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

  #addContent(entry: TarEntry, parent: NodeId | undefined, components: ByteString[]): void {
    const path = components.join("/");
    const name = components.at(-1) ?? "";
    if (entry.kind === "directory") {
      this.#links.refuse(path, this.#layer + 1, isDirectory);
      const directory =
        parent === undefined ? undefined : this.#tree.enter(parent, name, this.#layer);
      if (directory !== undefined) {
        this.#tree.describe(directory, this.#layer, attributesOf(entry));
      }
      return;
    }
    const symlink = entry.kind === "symlink" ? entry.linkPath : undefined;
    const leaf =
      parent === undefined
        ? undefined
        : this.#tree.place(parent, name, { layer: this.#layer, symlink });
    if (entry.kind === "hardLink") this.#addHardLink(entry, path, leaf);
    else if (leaf !== undefined || this.#links.isWanted(path, this.#place)) {
      const at = this.#place;
      this.#write(entry, (inode) => {
        if (leaf !== undefined) this.#tree.files.setInode(leaf, inode);
        this.#links.resolve(path, inode, at);
      });
    }
  }

  #addHardLink(entry: TarEntry, path: ByteString, leaf: NodeId | undefined): void {
    const target = pathComponents(entry.linkPath).join("/");
    if (target === path) throw badLayer("the hard link leads to itself");
    this.#links.redirect(path, target, this.#place);
    if (leaf === undefined) this.#links.addAlias(path, target);
    else this.#links.connect(leaf, { path, target, at: this.#place });
  }

  #readAgain(entry: TarEntry, path: ByteString): void {
    const at = this.#place;
    if (!this.#links.isWanted(path, at)) return;
    if (entry.kind === "directory") this.#links.refuse(path, this.#layer, isDirectory);
    if (entry.kind === "directory" || entry.kind === "hardLink") return;
    this.#write(entry, (inode) => this.#links.resolve(path, inode, at));
  }

  get #place(): Place {
    return { layer: this.#layer, position: this.#position };
  }

  #write(entry: TarEntry, onInode: (inode: InodeId) => void): void {
    if (entry.kind === "file") {
      this.#writer.beginFile(attributesOf(entry), entry.sizeBytes);
      this.#open = { path: entry.path, onInode };
      return;
    }
    const inode = this.#writeWithoutContent(entry);
    if (inode !== undefined) onInode(inode);
  }

  #writeWithoutContent(entry: TarEntry): InodeId | undefined {
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
