import type { Span } from "../model/model.ts";

export type Completion = {
  label: string;
  kind: "table" | "key" | "value" | "entry" | "variable" | "file" | "folder";
  /** A few words beside the label. */
  detail?: string;
  /** Markdown. */
  documentation?: string;
  span: Span;
  /** A snippet: `$1`, `${1:text}` and `${1|a,b|}` are places to fill in. */
  snippet: string;
  /** What the typed text is compared with. */
  filter: string;
  /** Whether tools that know the JSON Schema propose the same. */
  isGeneric: boolean;
};

/** The text of a snippet for editors without snippets: choices take their first value. */
export function plainText(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, "$1")
    .replace(/\$\{\d+:([^}]*)\}/g, "$1")
    .replace(/(?<!\\)\$\d+/g, "")
    .replace(/\\([$}\\])/g, "$1");
}

export function escapeSnippet(text: string): string {
  return text.replace(/[\\$}]/g, "\\$&");
}

/** A key as it has to be written: bare if possible, else quoted. */
export function writeKey(name: string, format: "toml" | "json" | "yaml"): string {
  return bareKeys[format].test(name) ? name : JSON.stringify(name);
}

/** What YAML would take for a number or for nothing needs its quotes there. */
const bareKeys = {
  toml: /^[A-Za-z0-9_-]+$/,
  json: /^(?!)/,
  yaml: /^(?!null$)[A-Za-z_][A-Za-z0-9_-]*$/i,
} as const;
