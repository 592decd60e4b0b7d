import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DocumentLink } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { LanguageContext } from "#core/language/context.ts";
import { type Link, linksOf } from "#core/language/links.ts";
import { spanToRange } from "./protocol.ts";
import { kindOf } from "./slotFiles.ts";

/** Where values and comments lead. Nothing is looked up: whoever clicks finds out what is there. */
export function documentLinks(document: TextDocument, context: LanguageContext): DocumentLink[] {
  return linksOf(context).flatMap((link): DocumentLink[] => {
    const found = targetOf(link, context.path);
    if (found === undefined) return [];
    return [{ range: spanToRange(document, link.span), ...found }];
  });
}

function targetOf(link: Link, document: string): { target: string; tooltip: string } | undefined {
  if ("url" in link) {
    return URL.canParse(link.url)
      ? { target: link.url, tooltip: "Open in the browser" }
      : undefined;
  }
  const path = resolvePath(link.path, document);
  if (path === undefined) return undefined;
  return { target: pathToFileURL(path).href, tooltip: `Open ${path}` };
}

/**
 * `~` is the home; relative paths start in the project, which user-wide files have none of. Those of the
 * settings start in the home.
 */
function resolvePath(path: string, document: string): string | undefined {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  if (isAbsolute(path)) return path;
  if (kindOf(document) === "settings") return join(homedir(), path);
  return kindOf(document) === "project" ? join(dirname(document), path) : undefined;
}
