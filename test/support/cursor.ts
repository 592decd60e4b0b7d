// Texts with a cursor: `|` marks the place, as an editor would show it.
import { readModel } from "#core/language/model/read.ts";

export function atCursor(marked: string): { text: string; offset: number } {
  const offset = marked.indexOf("|");
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

/** What can be written at the cursor, in one line. */
export function placeText(path: string, marked: string): string {
  const { text, offset } = atCursor(marked);
  const place = readModel(path, text).placeAt(offset);
  if (place.role === "none") return "none";
  const replaced = JSON.stringify(text.slice(place.span.start, place.span.end));
  if (place.role === "header") return `header ${replaced}`;
  const segments = place.role === "key" ? place.parents : place.segments;
  return `${place.role} ${segments.join(".")} ${replaced}`;
}
