import { remembered } from "#core/config/formats/remember.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { ModelNode, Place } from "./model.ts";
import { movedSpan, placed } from "./placed.ts";
import { blocksOf } from "./tomlBlocks.ts";
import type { TomlBlock, TomlHeader } from "./tomlScanner.ts";
import type { TomlName } from "./tomlTokens.ts";

/** A block where it stands in a text. */
type PlacedBlock = { block: TomlBlock; start: number; table: KeySegments };

/** What was found in a text; the same object for the same text. */
export const scanToml = remembered((text) => new TomlTables(text));

/** Puts the blocks of a text together: which table each is about depends on those before it. */
class TomlTables {
  readonly nodes: ModelNode[] = [];
  readonly byPath = new Map<string, ModelNode>();
  private readonly text: string;
  private readonly blocks: PlacedBlock[] = [];
  private readonly listLengths = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const { start, block } of blocksOf(text)) this.addBlock(block, start);
  }

  /** What belongs at an offset; undefined where nothing stands. */
  placeAt(offset: number): Place | undefined {
    for (let index = this.indexAt(offset); index >= 0; index--) {
      const { block, start, table } = this.blocks[index] as PlacedBlock;
      const at = offset - start;
      const region = block.regions.findLast(({ span }) => span.start <= at && at <= span.end);
      if (region !== undefined) return this.moved(region.place(at), { start, table, offset });
      if (at > 0) break;
    }
    return undefined;
  }

  private addBlock(block: TomlBlock, start: number): void {
    const { header } = block;
    const table = header === undefined ? [] : this.resolve(header);
    this.blocks.push({ block, start, table });
    if (header !== undefined) this.addParents(table, header.names, start);
    const { nodes, keyPaths } = placed(block, start, table);
    nodes.forEach((node, index) => {
      const keyPath = keyPaths[index] ?? "";
      if (block.nodes[index]?.isImplied && this.byPath.has(keyPath)) return;
      this.nodes.push(node);
      this.byPath.set(keyPath, node);
    });
  }

  /** Below `[[a]]`, `a` means the element begun last. */
  private resolve({ names, isList, table }: TomlHeader): KeySegments {
    // Most texts have no such lists, and many tables.
    if (!isList && this.listLengths.size === 0) return table;
    const path: (string | number)[] = [];
    for (const [index, { name }] of names.entries()) {
      path.push(name);
      const keyPath = formatKeyPath(path);
      const length = this.listLengths.get(keyPath);
      if (isList && index === names.length - 1) {
        this.listLengths.set(keyPath, (length ?? 0) + 1);
        path.push(length ?? 0);
      } else if (length !== undefined) path.push(length - 1);
    }
    return path;
  }

  /** `[a.b]` opens table `a` too, unless something opens it by itself. */
  private addParents(segments: KeySegments, names: readonly TomlName[], start: number): void {
    const parents = segments.slice(0, -1);
    // What has been opened was opened with all that is above it.
    if (this.byPath.has(formatKeyPath(parents))) return;
    let seen = 0;
    for (const [index, segment] of parents.entries()) {
      const name = typeof segment === "string" ? names[seen++] : undefined;
      const path = segments.slice(0, index + 1);
      if (name === undefined || this.byPath.has(formatKeyPath(path))) continue;
      const span = movedSpan(name.span, start);
      this.add({ segments: path, kind: "table", span, keySpan: span, whole: span });
    }
  }

  private add(node: ModelNode): void {
    this.nodes.push(node);
    this.byPath.set(formatKeyPath(node.segments), node);
  }

  /** The last block that begins at the offset or before it. */
  private indexAt(offset: number): number {
    return this.blocks.findLastIndex(({ start }) => start <= offset);
  }

  private moved(place: Place, at: { start: number; table: KeySegments; offset: number }): Place {
    const { start, table, offset } = at;
    if (place.role === "none") return place;
    const span = movedSpan(place.span, start);
    if (place.role === "header") return { ...place, span };
    if (place.role === "key") return { ...place, span, parents: [...table, ...place.parents] };
    const from = Math.min(offset, span.start + place.quote.length);
    const typed = this.text.slice(from, offset);
    return { ...place, span, typed, segments: [...table, ...place.segments] };
  }
}
