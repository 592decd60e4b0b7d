import { formatKeyPath, type KeySegments, parseKeyPath } from "../names/keyPath.ts";
import type { Provenance } from "../provenance/provenance.ts";
import type { Setting } from "../provenance/settings.ts";
import type { Diagnostic, Related } from "../types.ts";

/** Names the other files that a problem comes from, if it comes from putting files together. */
export function withRelated(diagnostic: Diagnostic, provenance: Provenance): Diagnostic {
  const segments = parseKeyPath(diagnostic.keyPath);
  if (segments === undefined || diagnostic.related !== undefined) return diagnostic;
  const related = causes(diagnostic.code, segments, provenance)
    .map((setting) => relatedTo(setting, provenance))
    .filter(({ path }) => path !== diagnostic.path);
  return related.length === 0 ? diagnostic : { ...diagnostic, related };
}

function causes(code: string, segments: KeySegments, provenance: Provenance): Setting[] {
  // Each of the files that write the entry could have set what is missing.
  if (code === "missing") return provenance.settings(segments.slice(0, -1));
  if (code !== "type") return [];
  const settings = provenance.settings(segments);
  return settings.some(({ effect }) => ["overridden", "clears", "invalid"].includes(effect))
    ? settings.filter(({ value }) => kindOf(value) !== kindOf(settings.at(-1)?.value))
    : [];
}

export function relatedTo({ keyPath, origin }: Setting, provenance: Provenance): Related {
  const { path, range } = provenance.place(origin);
  return { path, range, message: `\`${keyPath}\` is written here, too` };
}

/** Another entry that a problem is about as well. */
export function relatedEntry(
  segments: KeySegments,
  { path, range }: { path: string; range: Related["range"] },
): Related {
  return { path, range, message: `\`${formatKeyPath(segments)}\`` };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : value !== null && typeof value === "object" ? "table" : "";
}
