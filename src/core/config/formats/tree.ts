import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import type { ConfigScope, Diagnostic, Origin, Range } from "../types.ts";

/** Deeper than any configuration; keeps recursion over hostile texts short. */
export const maxDepth = 32;

/** Integers that a number cannot hold exactly are kept as `bigint`: they may be meant as text. */
export type Scalar = string | number | bigint | boolean | null;

/** The number that a text in a file stands for, exact also where JavaScript's numbers are not. */
export function exactNumber(value: number, source: string): number | bigint {
  const isExact = !Number.isInteger(value) || Number.isSafeInteger(value);
  return isExact || !/^[+-]?\d+$/.test(source) ? value : BigInt(source);
}

/** A value that is neither table nor list, with the place that sets it. */
export class Leaf {
  readonly value: Scalar;
  readonly origin: Origin;
  /** The value as written in the file. */
  readonly source: () => string;

  constructor(value: Scalar, origin: Origin, source: () => string) {
    this.value = value;
    this.origin = origin;
    this.source = source;
  }
}

export type Tree = Leaf | Tree[] | Table;
export type Table = { [key: string]: Tree };

/**
 * Where each key of a document is written, by key path, in the order of the file. Elements of lists are
 * not among them: joining lists moves them, and their own values know where they come from.
 */
export type Places = Map<string, Origin[]>;

/** A value or list in place of a table. */
export type Misfit = { segments: KeySegments; node: Tree };

/** A parsed file: its values, and the places of its tables, lists and values. */
export type Document = {
  scope: ConfigScope;
  path: string;
  /**
   * Of a file with syntax errors, what could be understood; undefined when that is nothing. An empty
   * document is an empty table.
   */
  root: Table | undefined;
  /** Whether there are syntax errors, so that more may be meant than `root` has. */
  isPartial: boolean;
  /** What was taken out of `root`, where something was. */
  misfits?: readonly Misfit[];
  places: Places;
  diagnostics: Diagnostic[];
};

export function isTable(tree: unknown): tree is Table {
  return (
    typeof tree === "object" && tree !== null && !Array.isArray(tree) && !(tree instanceof Leaf)
  );
}

/** The node at `segments`, or the nearest one above it that is a value. */
export function nodeAt(root: Tree, segments: KeySegments): Tree | undefined {
  let node: Tree | undefined = root;
  for (const segment of segments) {
    if (node === undefined || node instanceof Leaf) return node;
    if (Array.isArray(node)) node = typeof segment === "number" ? node[segment] : undefined;
    else node = Object.hasOwn(node, segment) ? node[segment] : undefined;
  }
  return node;
}

/** Plain values without origins. Keys set to null are left out: null means "not set". */
export function toPlain(tree: Tree): unknown {
  if (tree instanceof Leaf) return tree.value;
  if (Array.isArray(tree)) return tree.map(toPlain);
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, child]) => !isNullLeaf(child))
      .map(([key, child]) => [key, toPlain(child)]),
  );
}

export function isNullLeaf(tree: unknown): boolean {
  return tree instanceof Leaf && tree.value === null;
}

/** Calls `visit` for every table, list and value below `tree`. */
export function walk(
  tree: Tree,
  visit: (segments: KeySegments, node: Tree) => void,
  segments: KeySegments = [],
): void {
  if (tree instanceof Leaf) return;
  const children: [string | number, Tree][] = Array.isArray(tree)
    ? [...tree.entries()]
    : Object.entries(tree);
  for (const [segment, child] of children) {
    const path = [...segments, segment];
    visit(path, child);
    walk(child, visit, path);
  }
}

/** Records places and builds nodes while a document is read. */
export class TreeBuilder {
  readonly scope: ConfigScope;
  readonly path: string;
  readonly places: Places = new Map();
  readonly diagnostics: Diagnostic[] = [];

  constructor(scope: ConfigScope, path: string) {
    this.scope = scope;
    this.path = path;
  }

  /** Where something stands in this file. */
  origin(range: Range, keyRange?: Range): Origin {
    return { scope: this.scope, path: this.path, range, keyRange };
  }

  /** Notes where a key is set. */
  place(segments: KeySegments, origin: Origin): Origin {
    if (segments.length > maxDepth) throw new Error(`nested deeper than ${maxDepth} levels`);
    if (segments.some((segment) => typeof segment === "number")) return origin;
    const keyPath = formatKeyPath(segments);
    this.places.set(keyPath, [...(this.places.get(keyPath) ?? []), origin]);
    return origin;
  }

  error(code: string, at: Pick<Diagnostic, "range" | "keyPath">, message: string): void {
    this.diagnostics.push({ severity: "error", code, message, path: this.path, ...at });
  }

  warning(code: string, at: Pick<Diagnostic, "range" | "keyPath">, message: string): void {
    this.diagnostics.push({ severity: "warning", code, message, path: this.path, ...at });
  }

  /** Names that JavaScript objects have already cannot be keys: a merge would lose them silently. */
  isUsableKey(key: string, segments: KeySegments, range: () => Range): boolean {
    if (!(key in Object.prototype)) return true;
    const at = { range: range(), keyPath: formatKeyPath(segments) };
    this.error("reserved-name", at, `\`${key}\` cannot be used as a name`);
    return false;
  }

  document(root: Table | undefined): Document {
    const { scope, path, places, diagnostics } = this;
    const isPartial = diagnostics.some(({ code }) => code === "syntax");
    return { scope, path, root, isPartial, places, diagnostics };
  }
}
