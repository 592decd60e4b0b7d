import { maxTextLength } from "#core/config/formats/document.ts";
import { formatOf } from "./format.ts";
import { jsonModel } from "./json.ts";
import type { DocumentModel, Place } from "./model.ts";
import { tomlModel } from "./toml.ts";
import { yamlModel } from "./yaml.ts";

/** Takes a configuration text apart; the format follows from the extension of its path. */
export function readModel(path: string, text: string): DocumentModel {
  // What is too long to be a configuration would only make the editor wait.
  if (text.length > maxTextLength) return emptyModel(path, text);
  const model = readers[formatOf(path)](text);
  return { ...model, placeAt: rememberLast(model.placeAt) };
}

/** One answer asks for the same place more than once, and each time some of the text has to be read. */
function rememberLast(placeAt: DocumentModel["placeAt"]): DocumentModel["placeAt"] {
  let last: { offset: number; place: Place } | undefined;
  return (offset) => {
    if (last?.offset !== offset) last = { offset, place: placeAt(offset) };
    return last.place;
  };
}

const readers = { toml: tomlModel, json: jsonModel, yaml: yamlModel } as const;

function emptyModel(path: string, text: string): DocumentModel {
  const placeAt = () => ({ role: "none" }) as const;
  return { format: formatOf(path), text, nodes: [], byPath: new Map(), placeAt };
}
