import { Leaf } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import type { NotActive } from "../types.ts";
import type { Locator } from "./locator.ts";

/** The parts of a configuration whose feature this version does not have yet. */
export const inactiveKeys: readonly KeySegments[] = [
  ["network", "policy"],
  ["network", "rules"],
  ["network", "middleware"],
  ["network", "ports"],
  ["network", "sockets"],
  ["mounts"],
  ["disk", "cache"],
  ["daemons"],
  ["mask"],
];

/** What of them is in force, so that a start can say so: a value that is set, each entry of a table. */
export function findNotActive(config: ParsedConfig, locator: Locator): NotActive[] {
  const keys = inactiveKeys.flatMap((segments) => {
    const part = partAt(config, segments);
    if (typeof part === "object") return enabledKeys(segments, part as NamedEntries);
    return isSet(segments, locator) ? [segments] : [];
  });
  return keys.map((segments) => {
    const { path, range, keyRange } = locator.locate(segments);
    return { keyPath: formatKeyPath(segments), path, range: keyRange ?? range };
  });
}

type NamedEntries = Record<string, { enabled: boolean }>;

function partAt(config: ParsedConfig, segments: KeySegments): unknown {
  return segments.reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], config);
}

/** Whoever writes a default down relies on it, too. */
function isSet(segments: KeySegments, locator: Locator): boolean {
  const node = locator.nodeAt(segments);
  return node instanceof Leaf && node.value !== null;
}

function enabledKeys(parents: KeySegments, map: NamedEntries): KeySegments[] {
  return sortedEntries(map)
    .filter(([, { enabled }]) => enabled)
    .map(([name]) => [...parents, name]);
}
