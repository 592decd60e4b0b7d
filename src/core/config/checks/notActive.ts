import { Leaf } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import type { NotActive } from "../types.ts";
import type { Locator } from "./locator.ts";

/** Entries in force whose feature this version does not have yet, so that a start can say so. */
export function findNotActive(config: ParsedConfig, locator: Locator): NotActive[] {
  const { network, disk, mounts, mask, daemons } = config;
  const keys: KeySegments[] = [
    ...(isSet(["network", "policy"], locator) ? [["network", "policy"]] : []),
    ...enabledKeys(["network", "rules"], network.rules),
    ...enabledKeys(["network", "middleware"], network.middleware),
    ...enabledKeys(["network", "ports"], network.ports),
    ...enabledKeys(["network", "sockets"], network.sockets),
    ...enabledKeys(["mounts"], mounts),
    ...enabledKeys(["disk", "cache"], disk.cache),
    ...enabledKeys(["daemons"], daemons),
    ...enabledKeys(["mask"], mask),
  ];
  return keys.map((segments) => {
    const { path, range, keyRange } = locator.locate(segments);
    return { keyPath: formatKeyPath(segments), path, range: keyRange ?? range };
  });
}

/** Whoever writes a default down relies on it, too. */
function isSet(segments: KeySegments, locator: Locator): boolean {
  const node = locator.nodeAt(segments);
  return node instanceof Leaf && node.value !== null;
}

function enabledKeys(
  parents: readonly string[],
  map: Record<string, { enabled: boolean }>,
): KeySegments[] {
  return sortedEntries(map)
    .filter(([, { enabled }]) => enabled)
    .map(([name]) => [...parents, name]);
}
