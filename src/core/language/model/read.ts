import { jsonModel } from "./json.ts";
import type { DocumentModel } from "./model.ts";
import { tomlModel } from "./toml.ts";
import { yamlModel } from "./yaml.ts";

/** Takes a configuration text apart; the format follows from the extension of its path. */
export function readModel(path: string, text: string): DocumentModel {
  if (path.endsWith(".json")) return jsonModel(text);
  return /\.ya?ml$/.test(path) ? yamlModel(text) : tomlModel(text);
}
