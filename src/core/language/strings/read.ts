import type { DocumentModel, Span } from "../model/model.ts";
import type { MappedText } from "./mapped.ts";
import { readQuoted } from "./quoted.ts";
import { readBlock, readPlain, readSingleQuoted } from "./yamlScalars.ts";

/** Reads the string at a span, with its quotes. */
export function mappedText(
  { text, format }: Pick<DocumentModel, "text" | "format">,
  span: Span,
): MappedText {
  const first = text[span.start];
  if (format !== "yaml") return readQuoted(text, span, format);
  if (first === "|" || first === ">") return readBlock(text, span);
  if (first === "'") return readSingleQuoted(text, span);
  return first === '"' ? readQuoted(text, span, format) : readPlain(text, span);
}
