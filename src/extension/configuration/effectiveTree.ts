import { formatKeyPath, type KeySegments, parseKeyPath } from "#core/config/names/keyPath.ts";
import { originText, shortValue, sizeText } from "#core/config/provenance/originText.ts";
import type { Effective } from "#shared/protocol/effective.ts";
import type { EffectiveNode, EffectiveView } from "#shared/protocol/panel.ts";
import { parseEffective } from "./effectiveText.ts";

/** A place in a file, 1-based. */
export type OriginTarget = { path: string; line: number; column: number };

export type EffectiveTree = EffectiveView & {
  /** The places that the tree's targets mean. */
  targets: OriginTarget[];
};

type Origin = Effective["values"][number]["origin"];

/** The tree that shows a program's answer: the configuration, behind the errors if it has any. */
export function effectiveTree(
  { stdout, stderr }: { stdout: string; stderr: string },
  showPath: (path: string) => string,
): EffectiveTree {
  const builder = new Builder(showPath);
  const answer = parseEffective(stdout);
  const isBroken = answer?.hasErrors !== false;
  if (isBroken) for (const line of stderr.trim().split("\n")) builder.problem(line);
  for (const { name, origin } of answer?.presets ?? []) builder.preset(name, origin);
  for (const value of answer?.values ?? []) builder.value(value);
  return { isBroken, nodes: builder.nodes, targets: builder.targets };
}

class Builder {
  readonly nodes: EffectiveNode[] = [];
  readonly targets: OriginTarget[] = [];
  readonly #tables = new Map<string, EffectiveNode>();
  readonly #showPath: (path: string) => string;

  constructor(showPath: (path: string) => string) {
    this.#showPath = showPath;
  }

  preset(name: string, origin: Origin): void {
    const segments = ["presets", name];
    this.#add(segments, { name, value: "", ...this.#origin(origin), isDefault: false });
  }

  value({ keyPath, value, origin, overrode }: Effective["values"][number]): void {
    const segments = parseKeyPath(keyPath) ?? [keyPath];
    const node = this.#add(segments, {
      name: String(segments.at(-1)),
      value: sizeText(keyPath, value) ?? shortValue(value),
      ...this.#origin(origin),
      isDefault: origin.scope === "default",
    });
    node.children = overrode.map((over, index) => ({
      id: `${node.id}#${index}`,
      name: "over",
      value: shortValue(over.value),
      ...this.#origin(over.origin),
      isDefault: false,
      children: [],
    }));
  }

  /** An error as `path:line:column: error: text`, or whatever else the program said. */
  problem(line: string): void {
    const match = /^(?<path>\/.*?):(?<line>\d+):(?<column>\d+): (?<text>.*)$/.exec(line)?.groups;
    const id = `problem ${this.nodes.length}`;
    const plain = { id, name: "", isDefault: false, children: [] };
    if (match === undefined) {
      this.nodes.push({ ...plain, value: line, origin: null, target: null });
      return;
    }
    const { path = "", text = "" } = match;
    const target = this.#target({ path, line: Number(match.line), column: Number(match.column) });
    const origin = `${this.#showPath(path)}:${match.line}:${match.column}`;
    this.nodes.push({ ...plain, value: text, origin, target });
  }

  #add(
    segments: KeySegments,
    node: Pick<EffectiveNode, "name" | "value" | "origin" | "target" | "isDefault">,
  ): EffectiveNode {
    const added = { ...node, id: formatKeyPath(segments), children: [] };
    this.#childrenOf(segments.slice(0, -1), node.isDefault).push(added);
    return added;
  }

  /** The children of a table or list, which is made when it is met first. */
  #childrenOf(segments: KeySegments, isDefault: boolean): EffectiveNode[] {
    if (segments.length === 0) return this.nodes;
    const siblings = this.#childrenOf(segments.slice(0, -1), isDefault);
    const id = formatKeyPath(segments);
    const known = this.#tables.get(id);
    const table = known ?? {
      ...{ id, name: String(segments.at(-1)), value: null, origin: null, target: null },
      ...{ isDefault: true, children: [] },
    };
    table.isDefault &&= isDefault;
    if (known === undefined) {
      this.#tables.set(id, table);
      siblings.push(table);
    }
    return table.children;
  }

  #origin(origin: Origin): Pick<EffectiveNode, "origin" | "target"> {
    // Presets have no file of their own: what can be opened is the file that asks for one.
    const { path, range } = origin.askedBy ?? origin;
    const place = path === undefined || range === undefined ? undefined : { path, ...range.start };
    return {
      origin: originText(origin, this.#showPath),
      target: place === undefined ? null : this.#target(place),
    };
  }

  #target(target: OriginTarget): number {
    return this.targets.push(target) - 1;
  }
}
