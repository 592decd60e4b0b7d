import { contentOf, schemaAt } from "#core/config/fields/inspect.ts";
import { parseSocketMapping } from "#core/config/fields/sockets.ts";
import { parseReference } from "#core/oci/reference.ts";
import type { LanguageContext } from "./context.ts";
import type { ModelNode, Span } from "./model/model.ts";
import { writtenSpan } from "./strings/mapped.ts";
import { mappedText } from "./strings/read.ts";

/** A stretch of text that leads somewhere: to a path of the host as written, or to a web page. */
export type Link = { span: Span } & ({ path: string } | { url: string });

export function linksOf(context: LanguageContext): Link[] {
  const { model } = context;
  const files = model.nodes
    .filter(({ kind }) => kind === "value")
    .flatMap((node) => fileLink(context, node));
  return [...files, ...urls(model.text)];
}

function fileLink({ model, schema }: LanguageContext, { segments, span }: ModelNode): Link[] {
  const found = schemaAt(schema, segments);
  const content = found === undefined ? undefined : contentOf(found);
  if (content !== "hostPath" && content !== "image" && content !== "projectPath") return [];
  const map = mappedText(model, span);
  const path = content === "image" ? imagePath(map.text) : hostPath(map.text, segments);
  const start = path === undefined ? -1 : map.text.indexOf(path);
  if (path === undefined || path === "" || path.includes("\0") || start < 0) return [];
  const written = writtenSpan(map, start, start + path.length);
  return written === undefined ? [] : [{ span: written, path }];
}

/** The host's side of a socket; other paths stand alone. */
function hostPath(text: string, segments: ModelNode["segments"]): string {
  return segments[1] === "sockets" ? parseSocketMapping(text).host : text;
}

function imagePath(text: string): string | undefined {
  try {
    const reference = parseReference(text);
    if (reference.source === "oci") return reference.directory;
    return reference.source === "archive" ? reference.path : undefined;
  } catch {
    // What is no reference names no file.
    return undefined;
  }
}

/** Web pages in comments and values; no other scheme is ever followed. */
function urls(text: string): Link[] {
  const pattern = /\bhttps?:\/\/[^\s"'<>`\\{}|^]+/g;
  return [...text.matchAll(pattern)].map(({ 0: found, index }) => {
    const url = found.replace(/[.,;:!?)\]]+$/, "");
    return { span: { start: index, end: index + url.length }, url };
  });
}
