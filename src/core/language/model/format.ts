import type { ModelFormat } from "./model.ts";

/** The format of a configuration file by its name. */
export function formatOf(path: string): ModelFormat {
  if (path.endsWith(".json")) return "json";
  return /\.ya?ml$/.test(path) ? "yaml" : "toml";
}
