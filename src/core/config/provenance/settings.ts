import {
  type Document,
  isNullLeaf,
  isTable,
  Leaf,
  nodeAt,
  type Table,
  type Tree,
  toPlain,
} from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { type Origin, startOfFile } from "../types.ts";

/** What became of a value in the merge. */
export type Effect =
  /** It is the value in force. */
  | "wins"
  /** Its elements or keys are in force beside those of other files. */
  | "joined"
  /** A later file replaces it. */
  | "overridden"
  /** It is not valid, and so not in force. */
  | "invalid"
  /** It is null, which means "not set". */
  | "ignored"
  /** It has another form than what earlier files set here, and so discards that. */
  | "clears";

/** One file's or preset's word on a key. */
export type Setting = {
  /** The key itself, or the one above it whose value decides. */
  keyPath: string;
  value: unknown;
  /** The value as written in the file; empty for tables. */
  readonly written: string;
  origin: Origin;
  effect: Effect;
};

type Kind = "table" | "list" | "value";

/** All settings of a key, weakest first, each with what the merge made of it. */
export function settingsOf(layers: readonly Document[], segments: KeySegments): Setting[] {
  const trace = new Trace(segments);
  for (const layer of layers) if (layer.root !== undefined) trace.add(layer, layer.root);
  return trace.settings;
}

/** Follows one key through the layers, as the merge does. */
class Trace {
  readonly settings: Setting[] = [];
  /** Kind of what is in force at the first n + 1 segments. */
  private kinds: (Kind | undefined)[] = [];
  private readonly segments: KeySegments;

  constructor(segments: KeySegments) {
    this.segments = segments;
  }

  add(layer: Document, root: Table): void {
    for (const { segments, node } of layer.misfits ?? []) {
      const isHere = segments.every((segment, index) => segment === this.segments[index]);
      if (isHere) this.push(layer, { prefix: segments, node, effect: "invalid" });
    }
    for (let length = 1; length <= this.segments.length; length++) {
      const prefix = this.segments.slice(0, length);
      const node = strictNodeAt(root, prefix);
      if (node === undefined) return;
      const isWhole = length === this.segments.length;
      if (isNullLeaf(node)) {
        this.push(layer, { prefix, node, effect: "ignored" });
        return;
      }
      const isChange = this.changesKind(length - 1, node);
      if (isWhole) this.set(layer, prefix, node);
      else if (!isTable(node)) this.setAbove(layer, prefix, node);
      else if (isChange) this.push(layer, { prefix, node, effect: "clears" });
    }
  }

  /** Notes the kind of node at a depth; answers whether it replaces something of another kind. */
  private changesKind(depth: number, node: Tree): boolean {
    const kind = kindOf(node);
    const before = this.kinds[depth];
    const isChange = before !== undefined && before !== kind;
    if (isChange) this.override();
    if (isChange) this.kinds = this.kinds.slice(0, depth);
    this.kinds[depth] = kind;
    return isChange;
  }

  private set(layer: Document, prefix: KeySegments, node: Tree): void {
    if (node instanceof Leaf) this.override();
    const others = this.settings.filter(isInForce);
    const effect = others.length > 0 ? "joined" : "wins";
    for (const other of others) other.effect = "joined";
    this.push(layer, { prefix, node, effect });
  }

  /** A text stands for an image's whole table, and so for its name; else nothing is left below. */
  private setAbove(layer: Document, prefix: KeySegments, node: Tree): void {
    this.override();
    const isImageName = formatKeyPath(this.segments) === "vm.image.name";
    this.push(layer, { prefix, node, effect: isImageName ? "wins" : "clears" });
  }

  private override(): void {
    for (const setting of this.settings) if (isInForce(setting)) setting.effect = "overridden";
  }

  private push(
    layer: Document,
    { prefix, node, effect }: { prefix: KeySegments; node: Tree; effect: Effect },
  ): void {
    const keyPath = formatKeyPath(prefix);
    this.settings.push({
      ...{ keyPath, value: toPlain(node), effect },
      origin: originOfNode(layer, node, keyPath),
      // Only an explanation wants it, and it costs a second parse of the file.
      get written() {
        return node instanceof Leaf ? node.source() : "";
      },
    });
  }
}

function isInForce({ effect }: Setting): boolean {
  return effect === "wins" || effect === "joined" || effect === "clears";
}

function kindOf(node: Tree): Kind {
  if (node instanceof Leaf) return "value";
  return Array.isArray(node) ? "list" : "table";
}

function originOfNode(layer: Document, node: Tree, keyPath: string): Origin {
  if (node instanceof Leaf) return node.origin;
  const { scope, path } = layer;
  return layer.places.get(keyPath)?.at(-1) ?? { scope, path, range: startOfFile };
}

/** The node exactly there, not the value above it. */
export function strictNodeAt(root: Tree, segments: KeySegments): Tree | undefined {
  const parent = nodeAt(root, segments.slice(0, -1));
  return parent instanceof Leaf ? undefined : nodeAt(root, segments);
}
