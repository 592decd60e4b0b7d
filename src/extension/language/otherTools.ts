/** Extensions that complete a format from its JSON Schema, which this extension contributes. */
const schemaTools: Readonly<Record<string, readonly string[]>> = {
  toml: ["tamasfe.even-better-toml", "tombi-toml.tombi"],
  yaml: ["redhat.vscode-yaml"],
  json: ["vscode.json-language-features"],
};

/** Formats in which one of the installed extensions proposes keys and values already. */
export function genericElsewhere(isInstalled: (id: string) => boolean): string[] {
  return Object.entries(schemaTools)
    .filter(([, ids]) => ids.some(isInstalled))
    .map(([format]) => format);
}
