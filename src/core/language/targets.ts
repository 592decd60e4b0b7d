import { contentOf, schemaAt } from "#core/config/fields/inspect.ts";
import type { LanguageContext } from "./context.ts";
import type { DocumentModel } from "./model/model.ts";
import { readModel } from "./model/read.ts";

/** Host patterns of this document and of the presets: what people mostly mean. */
export function knownTargets(context: LanguageContext): string[] {
  const models = [
    context.model,
    ...Object.entries(context.presets).map(([name, text]) => readModel(`${name}.toml`, text)),
  ];
  return [...new Set(models.flatMap((model) => targetsOf(context, model)))];
}

function targetsOf({ schema }: LanguageContext, model: DocumentModel): string[] {
  return model.nodes
    .filter(({ segments, kind }) => {
      const found = kind === "value" ? schemaAt(schema, segments) : undefined;
      return found !== undefined && contentOf(found) === "target";
    })
    .map(({ span }) => model.text.slice(span.start, span.end))
    .filter((text) => /^(["'])[^"'\\]+\1$/.test(text))
    .map((text) => text.slice(1, -1));
}
