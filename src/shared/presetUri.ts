/** Scheme of the read-only documents that show built-in presets. */
export const presetScheme = "airlock-preset";

/** Folder of the documents, by which VS Code knows that they are TOML. */
const folder = "/airlock-presets";

export function presetUri(name: string): string {
  return `${presetScheme}:${folder}/${encodeURIComponent(name)}.toml`;
}

/** Name of the preset that an address of such a document stands for. */
export function presetOfPath(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.toml$/, "");
}
