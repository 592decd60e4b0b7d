import { type Document, Leaf, type Tree, walk } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import type { Diagnostic } from "../types.ts";

/**
 * Elements that one file has twice in a list where once is enough. Several files may well name the same:
 * their lists are joined, and neither has to know the other.
 */
export function checkDuplicates({ root, path }: Document): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (root === undefined) return found;
  walk(root, (segments, node) => {
    if (Array.isArray(node) && isSet(segments)) found.push(...duplicates(node, segments, path));
  });
  return found;
}

/** Arguments of a command may repeat; so may what a former version calls something else. */
function isSet(segments: KeySegments): boolean {
  const [section] = segments;
  const last = segments.at(-1);
  if (segments.length === 1) return section === "presets";
  return typeof last === "string" && ["allow", "deny", "target", "paths"].includes(last);
}

function duplicates(list: readonly Tree[], segments: KeySegments, path: string): Diagnostic[] {
  const seen = new Set<unknown>();
  return list.flatMap((element, index): Diagnostic[] => {
    if (!(element instanceof Leaf)) return [];
    const { value, origin } = element;
    if (!seen.has(value)) {
      seen.add(value);
      return [];
    }
    const keyPath = formatKeyPath([...segments, index]);
    const message = `\`${keyPath}\`: ${JSON.stringify(String(value))} is in this list twice`;
    const { range } = origin;
    return [{ severity: "warning", code: "duplicate-entry", message, path, range, keyPath }];
  });
}
