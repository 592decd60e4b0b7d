import type { LanguageContext } from "../context.ts";
import { headerCompletions } from "./headers.ts";
import type { Completion } from "./items.ts";
import { keyCompletions } from "./keys.ts";
import { valueCompletions } from "./values.ts";

/** What can be written at an offset; everything follows from the schema and from the loaded files. */
export function completeAt(context: LanguageContext, offset: number): Completion[] {
  const place = context.model.placeAt(offset);
  switch (place.role) {
    case "header":
      return headerCompletions(context, {
        span: place.span,
        form: place.isClosed ? "closed" : "open",
      });
    case "key":
      return keyCompletions(context, place);
    case "value":
      return valueCompletions(context, place);
    case "none":
      return [];
  }
}
