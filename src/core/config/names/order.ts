/**
 * Entries of a named map in ascending byte order of the key (UTF-8), whatever order JavaScript keeps
 * them in: the order decides how mounts nest, middleware wraps and daemons start.
 */
export function sortedEntries<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => compareBytes(a, b));
}

/** Compares like UTF-8 bytes do: by code point, not by UTF-16 unit. */
export function compareBytes(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = codePoint(left[i]) - codePoint(right[i]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}
