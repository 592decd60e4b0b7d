/** Segments of a key: names of tables and indexes of list elements. */
export type KeySegments = readonly (string | number)[];

/** Writes a key as a user would in TOML, with list elements as `[index]`: `mask."a b".paths[0]`. */
export function formatKeyPath(segments: KeySegments): string {
  let text = "";
  for (const segment of segments) text = keyPathBelow(text, segment);
  return text;
}

/** The path of what stands directly below the one of a written path. */
export function keyPathBelow(keyPath: string, segment: string | number): string {
  if (typeof segment === "number") return `${keyPath}[${segment}]`;
  return (keyPath === "" ? "" : `${keyPath}.`) + quoteKey(segment);
}

function quoteKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

/** Takes apart what `formatKeyPath` wrote; undefined when the text is no key. */
export function parseKeyPath(text: string): (string | number)[] | undefined {
  const segments: (string | number)[] = [];
  const part = /(\.)?(?:([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*")|\[(\d{1,9})\])/y;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const [, dot, bare, quoted, index] = match;
    // A dot stands between names, and nowhere else.
    if ((dot !== undefined) !== (segments.length > 0 && index === undefined)) return undefined;
    const name = bare ?? (quoted === undefined ? undefined : unquote(quoted));
    if (name === undefined && index === undefined) return undefined;
    segments.push(name ?? Number(index));
  }
  return segments.length === 0 ? undefined : segments;
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    // An escape that JSON does not have: no name of ours is written so.
    return undefined;
  }
}
