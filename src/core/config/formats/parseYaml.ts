import { type Document, parseDocument } from "yaml";

/** What the parser makes of a text, also of one with errors. */
export function parseYaml(text: string): Document.Parsed {
  return parseDocument(text, { prettyErrors: false, logLevel: "silent" });
}
