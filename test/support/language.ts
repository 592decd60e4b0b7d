// What the language core says about a document given as text with a cursor.
import { readDocument } from "#core/config/formats/document.ts";
import { presetTexts } from "#core/config/presets.generated.ts";
import { configFileSchema } from "#core/config/schema.ts";
import { KeysBeside, presetsIn } from "#core/language/beside.ts";
import { completeAt } from "#core/language/completion/complete.ts";
import { type Completion, plainText } from "#core/language/completion/items.ts";
import type { LanguageContext } from "#core/language/context.ts";
import { readModel } from "#core/language/model/read.ts";
import { load, scopeOf } from "./configs.ts";
import { atCursor } from "./cursor.ts";

/** A context of `path` among the other files; with variables, images and files of its own. */
export function languageContext(
  path: string,
  text: string,
  others: Readonly<Record<string, string>> = {},
): LanguageContext {
  const model = readModel(path, text);
  const documents = Object.entries(others).map(([name, content]) =>
    readDocument({ scope: scopeOf(name), path: name, text: content }),
  );
  return {
    ...{ path, model, schema: configFileSchema, presets: presetTexts },
    beside: new KeysBeside(documents, presetsIn(model), presetTexts),
    result: load({ ...others, [path]: text }),
    link: (path, line, column) => `file:///${path}#${line},${column}`,
    presetLink: (preset, line) => `preset:${preset}#${line}`,
    environment: ["HOME", "HOST_TOKEN"],
    images: [{ name: "oci:./mine", detail: "12 MiB" }],
    listFiles: (directory) =>
      directory === "./"
        ? [
            { name: "src", isDirectory: true },
            { name: "a.txt", isDirectory: false },
          ]
        : [],
  };
}

export function complete(
  path: string,
  marked: string,
  others: Readonly<Record<string, string>> = {},
): Completion[] {
  const { text, offset } = atCursor(marked);
  return completeAt(languageContext(path, text, others), offset);
}

export function labels(...args: Parameters<typeof complete>): string[] {
  return complete(...args).map(({ label }) => label);
}

/** The text after the completion with this label is accepted. */
export function accept(
  path: string,
  marked: string,
  label: string,
  others: Readonly<Record<string, string>> = {},
): string {
  const { text } = atCursor(marked);
  const items = complete(path, marked, others);
  const item = items.find((each) => each.label === label);
  if (item === undefined) return `no ${label} among ${items.map((each) => each.label).join(", ")}`;
  return text.slice(0, item.span.start) + plainText(item.snippet) + text.slice(item.span.end);
}
