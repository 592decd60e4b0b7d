import * as vscode from "vscode";

/** Extensions that complete a format from its JSON Schema, which this extension contributes. */
const schemaTools: Readonly<Record<string, readonly string[]>> = {
  toml: ["tamasfe.even-better-toml", "tombi-toml.tombi"],
  yaml: ["redhat.vscode-yaml"],
  json: ["vscode.json-language-features"],
};

/** Formats in which another extension proposes keys and values already. */
export function genericElsewhere(): string[] {
  return Object.entries(schemaTools)
    .filter(([, ids]) => ids.some((id) => vscode.extensions.getExtension(id) !== undefined))
    .map(([format]) => format);
}
