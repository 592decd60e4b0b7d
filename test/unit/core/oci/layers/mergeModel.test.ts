// The merge reads layers from the top down and skips what is hidden. The model here does what a file
// system does instead: it builds each layer's own tree and lays one over the other from the bottom up.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mergeCounting } from "#test/support/mergedLayers.ts";
import type { TarInput } from "#test/support/tar.ts";

type Model =
  | { type: "file"; content: string }
  | { type: "whiteout" }
  | { type: "directory"; mode: number | undefined; opaque: boolean; children: Map<string, Model> };
type ModelDirectory = Model & { type: "directory" };

type Operation = {
  what: "file" | "directory" | "whiteout" | "opaque" | "link";
  path: string[];
  /** Chooses a link's target among the files before it. */
  pick: number;
};

const paths = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 });
const operation: fc.Arbitrary<Operation> = fc.record({
  what: fc.constantFrom("file", "file", "directory", "whiteout", "opaque", "link"),
  path: paths,
  pick: fc.nat(20),
});
const layer = fc.array(operation, {
  maxLength: 9,
});

describe("layer merge against a model", () => {
  it("gives what laying the layers over each other gives", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), (layers) => {
        const built = layers.map(buildLayer);
        const merged = built.map(({ tree }) => tree).reduce(overlay, emptyDirectory(0o755));
        const { found } = mergeCounting(built.map(({ entries }) => entries));
        const expected = list(merged, "");
        const actual = [...found]
          .filter(([path]) => path !== "/")
          .map(([path, inode]) =>
            inode.kind === "directory"
              ? `${path}/ ${inode.mode.toString(8)}`
              : `${path}=${inode.content} links=${inode.links}`,
          );
        assert.deepEqual(actual.sort(), withLinkCounts(expected).sort());
      }),
      { numRuns: 3000 },
    );
  });
});

/** A layer's own tree, and the archive that describes it. */
function buildLayer(operations: readonly Operation[], number: number) {
  const tree = emptyDirectory(undefined);
  const files: string[][] = [];
  const entries = operations.flatMap((operation, index): TarInput[] => {
    if (contradicts(tree, operation)) return [];
    const name = operation.path.join("/");
    if (operation.what === "link") return addLink(tree, files, operation);
    if (operation.what === "file") {
      const content = `${number}.${index}`;
      put(tree, operation.path, { type: "file", content });
      files.push(operation.path);
      return [{ path: name, content }];
    }
    return addOther(tree, operation, 0o700 + number);
  });
  return { tree, entries };
}

function addLink(tree: ModelDirectory, files: string[][], { path, pick }: Operation): TarInput[] {
  const target = files[pick % Math.max(files.length, 1)];
  const node = target && at(tree, target);
  const isItself = target?.join("/") === path.join("/");
  if (target === undefined || node === undefined || isItself) return [];
  put(tree, path, node);
  return [{ path: path.join("/"), type: "1", link: target.join("/") }];
}

function addOther(tree: ModelDirectory, { what, path }: Operation, mode: number): TarInput[] {
  const name = path.join("/");
  if (what === "directory") {
    enter(tree, path).mode = mode;
    return [{ path: name, type: "5", mode }];
  }
  if (what === "opaque") {
    enter(tree, path).opaque = true;
    return [{ path: `${name}/.wh..wh..opq` }];
  }
  hide(enter(tree, path.slice(0, -1)), path.at(-1) ?? "");
  return [{ path: [...path.slice(0, -1), `.wh.${path.at(-1)}`].join("/") }];
}

/** No archiver writes a name as a file and as a directory, so what that means is left open. */
function contradicts(tree: ModelDirectory, { what, path }: Operation): boolean {
  const parents = path.map((_, length) => at(tree, path.slice(0, length)));
  const existing = at(tree, path)?.type;
  if (parents.some((parent) => parent?.type === "file")) return true;
  if (what === "file" || what === "link") return existing === "directory";
  return what !== "whiteout" && existing === "file";
}

function overlay(lower: ModelDirectory, upper: ModelDirectory): ModelDirectory {
  if (upper.opaque) return { ...upper, mode: upper.mode ?? 0o755 };
  const children = new Map(lower.children);
  for (const [name, node] of upper.children) {
    const below = children.get(name);
    if (node.type === "whiteout") children.delete(name);
    else if (node.type === "file") children.set(name, node);
    else {
      const base = below?.type === "directory" ? below : emptyDirectory(undefined);
      children.set(name, overlay(base, node));
    }
  }
  const mode = upper.mode ?? lower.mode ?? 0o755;
  return { type: "directory", mode, opaque: false, children };
}

function list(directory: ModelDirectory, prefix: string): string[] {
  return [...directory.children].flatMap(([name, node]) => {
    if (node.type === "whiteout") return [];
    if (node.type === "file") return [`${prefix}${name}=${node.content}`];
    const mode = (node.mode ?? 0o755).toString(8);
    return [`${prefix}${name}/ ${mode}`, ...list(node, `${prefix}${name}/`)];
  });
}

/** Every file has content of its own, so equal contents are names of one inode. */
function withLinkCounts(lines: readonly string[]): string[] {
  const contentOf = (line: string) => line.split("=")[1];
  return lines.map((line) => {
    const content = contentOf(line);
    if (content === undefined) return line;
    return `${line} links=${lines.filter((other) => contentOf(other) === content).length}`;
  });
}

function emptyDirectory(mode: number | undefined): ModelDirectory {
  return { type: "directory", mode, opaque: false, children: new Map() };
}

function at(tree: ModelDirectory, path: readonly string[]): Model | undefined {
  let node: Model | undefined = tree;
  for (const name of path) node = node?.type === "directory" ? node.children.get(name) : undefined;
  return node;
}

function enter(tree: ModelDirectory, path: readonly string[]): ModelDirectory {
  let directory = tree;
  for (const name of path) {
    const child = directory.children.get(name);
    if (child?.type === "directory") {
      directory = child;
      continue;
    }
    const made = emptyDirectory(undefined);
    made.opaque = child?.type === "whiteout";
    directory.children.set(name, made);
    directory = made;
  }
  return directory;
}

function put(tree: ModelDirectory, path: readonly string[], node: Model): void {
  enter(tree, path.slice(0, -1)).children.set(path.at(-1) ?? "", node);
}

function hide(parent: ModelDirectory, name: string): void {
  const existing = parent.children.get(name);
  if (existing === undefined) parent.children.set(name, { type: "whiteout" });
  else if (existing.type === "directory") existing.opaque = true;
}
