import type * as z from "zod";
import {
  choicesOf,
  contentOf,
  defaultOf,
  isBoolean,
  isNumber,
  isRequired,
  shapeOf,
} from "#core/config/fields/inspect.ts";
import type { ModelFormat } from "../model/model.ts";
import { escapeSnippet, writeKey } from "./items.ts";

/** Numbers the places of one snippet. */
export class Stops {
  private count = 0;

  next(): number {
    this.count += 1;
    return this.count;
  }
}

/** A place for the value of a key, in quotes or brackets as its type needs. */
export function valueSnippet(schema: z.ZodType, format: ModelFormat, stops: Stops): string {
  const shape = shapeOf(schema);
  if (contentOf(schema) === "image") return `"$${stops.next()}"`;
  if (shape.kind === "list") return `[${valueSnippet(shape.element, format, stops)}]`;
  if (shape.kind !== "value") return `{ $${stops.next()} }`;
  const choices = choicesOf(schema);
  if (isBoolean(schema)) {
    const usual = defaultOf(schema) === true ? "false,true" : "true,false";
    return `\${${stops.next()}|${usual}|}`;
  }
  if (choices !== undefined) return `"\${${stops.next()}|${choices.join(",")}|}"`;
  if (isNumber(schema)) return `$${stops.next()}`;
  if (contentOf(schema) === "lua" && format === "toml") return `'''\n$${stops.next()}\n'''`;
  return `"$${stops.next()}"`;
}

/** The keys that an entry cannot do without, or else those that lists of it are made of. */
export function entryKeys(schema: z.ZodType): [string, z.ZodType][] {
  const shape = shapeOf(schema);
  if (shape.kind !== "table") return [];
  const keys = Object.entries(shape.keys);
  const required = keys.filter(([, each]) => isRequired(each));
  if (required.length > 0) return required;
  return keys.filter(([, each]) => shapeOf(each).kind === "list").slice(0, 1);
}

/** The inside of a table, one key to a line. */
export function bodySnippet(
  keys: readonly [string, z.ZodType][],
  format: ModelFormat,
  stops: Stops,
): string[] {
  return keys.map(([name, schema]) => keySnippet([name, schema], format, stops));
}

export function keySnippet(
  [name, schema]: readonly [string, z.ZodType],
  format: ModelFormat,
  stops: Stops,
): string {
  const key = escapeSnippet(writeKey(name, format));
  return `${key}${separators[format]}${valueSnippet(schema, format, stops)}`;
}

export const separators: Readonly<Record<ModelFormat, string>> = {
  toml: " = ",
  json: ": ",
  yaml: ": ",
};
