import { parseTarget, type Target } from "../fields/targets.ts";
import type { KeySegments } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";

/** A pattern of an entry in force, and where it stands. */
export type Pattern = Target & { segments: KeySegments; text: string };

/** The patterns of a list of the network's; those that are none are told elsewhere. */
export function patterns(below: readonly string[], texts: readonly string[]): Pattern[] {
  return texts.flatMap((text, index): Pattern[] => {
    const target = parseTarget(text);
    return "error" in target ? [] : [{ ...target, text, segments: ["network", ...below, index] }];
  });
}

export function enabledEntries<Entry extends { enabled: boolean }>(
  map: Record<string, Entry>,
): [string, Entry][] {
  return sortedEntries(map).filter(([, { enabled }]) => enabled);
}
