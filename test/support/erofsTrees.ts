// Makes EROFS images in memory, and random trees to make them of.
import assert from "node:assert/strict";
import fc from "fast-check";
import { FileTree, type NodeId } from "#core/erofs/fileTree.ts";
import type { InodeAttributes } from "#core/erofs/inode.ts";
import type { InodeId } from "#core/erofs/inodeTable.ts";
import { ErofsWriter } from "#core/erofs/writer.ts";
import { MemorySink } from "./memorySink.ts";

export const plain: InodeAttributes = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  xattrs: [],
};

export type Directory = { readonly attributes: InodeAttributes; readonly entries: Entries };
export type Entries = Map<string, InodeId | Directory>;

/** An image whose root directory `fill` fills. */
export function writeErofs(
  fill: (writer: ErofsWriter, root: Entries) => void,
  attributes = plain,
): Buffer {
  const sink = new MemorySink();
  const uuid = Uint8Array.from({ length: 16 }, (_, index) => index);
  const writer = new ErofsWriter(sink, { uuid, buildTimeSeconds: 1_700_000_000 });
  const root: Entries = new Map();
  fill(writer, root);
  for (const _ of writer.finish(fileTree({ attributes, entries: root })));
  assert.equal(writer.sizeBytes, sink.image().length);
  return sink.image();
}

/** The tree of a literal, made without recursion because some tests are deep. */
function fileTree(root: Directory): FileTree {
  const tree = new FileTree();
  const pending: { from: Directory; to: NodeId }[] = [{ from: root, to: tree.root }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    tree.describe(tree.directoryOf(next.to), next.from.attributes);
    for (const [name, child] of next.from.entries) {
      const isLeaf = typeof child === "number";
      const added = tree.put(next.to, name, isLeaf ? "leaf" : "directory", 0);
      if (isLeaf) tree.setInode(added, child);
      else pending.push({ from: child, to: added });
    }
  }
  return tree;
}

export function addFile(writer: ErofsWriter, content: Uint8Array, attributes = plain): InodeId {
  writer.beginFile(attributes, content.length);
  writer.write(content);
  return writer.endFile();
}

export type Tree = { name: string; size?: number; xattrs?: number; children?: Tree }[];

const names = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) =>
    Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte))).toString(
      "latin1",
    ),
  )
  .filter((name) => name !== "." && name !== "..");
/** Directory trees with every awkward name and size. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.uniqueArray(
    fc.oneof(
      { depthSize: "small", maxDepth: 4 },
      fc.record({
        name: names,
        size: fc.integer({ min: 0, max: 9000 }),
        xattrs: fc.integer({ min: 0, max: 5 }),
      }),
      fc.record({ name: names, children: tie("tree") }),
    ),
    { maxLength: 40, selector: ({ name }) => name },
  ),
})).tree;

export function fillDirectory(writer: ErofsWriter, entries: Entries, tree: Tree): void {
  for (const { name, size = 0, xattrs = 0, children } of tree) {
    if (children !== undefined) {
      const child: Entries = new Map();
      fillDirectory(writer, child, children);
      entries.set(name, { attributes: plain, entries: child });
      continue;
    }
    const list = Array.from({ length: xattrs }, (_, index) => ({
      name: `user.${index}`,
      value: Buffer.alloc((index * size) % 3000),
    }));
    entries.set(name, addFile(writer, Buffer.alloc(size, "c"), { ...plain, xattrs: list }));
  }
}

type Flat = [path: string, kind: string, size: number, xattrs: number];

/** Path, kind, size and number of attributes of everything in a tree. */
export function flatten(tree: Tree, prefix: string): Flat[] {
  return tree.flatMap(({ name, size = 0, xattrs = 0, children }): Flat[] => {
    const path = prefix + name;
    if (children === undefined) return [[path, "file", size, xattrs]];
    return [[path, "directory", 0, 0], ...flatten(children, `${path}/`)];
  });
}
