/** Scheme of the read-only documents that show built-in presets. */
export const presetScheme = "airlock-preset";

export function presetUri(name: string): string {
  return `${presetScheme}:/${encodeURIComponent(name)}.toml`;
}

/** Name of the preset that an address of such a document stands for. */
export function presetOfPath(path: string): string {
  return path.replace(/^\//, "").replace(/\.toml$/, "");
}
