// Files of network rules, as long as wanted, with places to type at in the middle.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export type Format = "toml" | "json" | "yaml";
export type TypedDocument = {
  format: Format;
  text: string;
  /** Where one more letter of a key is typed. */
  key: { offset: number };
  /** Where a `true` stands that a 5 would be wrong in place of. */
  value: { offset: number };
};

export function documentOf(lineCount: number, format: Format): TypedDocument {
  const names = Array.from({ length: lineCount / 4 }, (_, index) => `rule-${index}`);
  const text = makers[format](names);
  const half = text.indexOf(`rule-${names.length / 2}`);
  const value = text.indexOf("true", half);
  const mark = keyMarks[format];
  const key = text.indexOf(mark, format === "json" ? half : value) + mark.length;
  return { format, text, key: { offset: key }, value: { offset: value } };
}

/** As the protocol counts. */
export function positionIn(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset);
  const character = offset - (before.lastIndexOf("\n") + 1);
  return { line: before.split("\n").length - 1, character };
}

/** What stands before the letter that is typed: an empty line, or in JSON a key that gets longer. */
const keyMarks: Readonly<Record<Format, string>> = { toml: "\n", json: '"allow', yaml: "\n      " };

const makers: Readonly<Record<Format, (names: readonly string[]) => string>> = {
  toml: (names) => {
    const schema = pathToFileURL(
      join(import.meta.dirname, "..", "..", "schemas", "airlock.schema.json"),
    ).href;
    const blocks = names.map(
      (name) => `[network.rules.${name}]\nallow = ["${name}.example"]\nenabled = true\n`,
    );
    return `#:schema ${schema}\n${blocks.join("\n")}`;
  },
  json: (names) => {
    const rules = names.map(
      (name) => `  "${name}": {\n   "allow": ["${name}.example"],\n   "enabled": true\n  }`,
    );
    return `{"network": {"rules": {\n${rules.join(",\n")}\n}}}\n`;
  },
  yaml: (names) => {
    const rules = names.map(
      (name) =>
        `    ${name}:\n      allow:\n        - ${name}.example\n      enabled: true\n      \n`,
    );
    return `network:\n  rules:\n${rules.join("")}`;
  },
};
