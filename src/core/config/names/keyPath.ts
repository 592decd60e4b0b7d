/** Segments of a key: names of tables and indexes of list elements. */
export type KeySegments = readonly (string | number)[];

/** Writes a key as a user would in TOML, with list elements as `[index]`: `mask."a b".paths[0]`. */
export function formatKeyPath(segments: KeySegments): string {
  let text = "";
  for (const segment of segments) {
    if (typeof segment === "number") text += `[${segment}]`;
    else text += (text === "" ? "" : ".") + quoteKey(segment);
  }
  return text;
}

function quoteKey(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}
