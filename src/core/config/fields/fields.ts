import * as z from "zod";
import { sortedEntries } from "../names/order.ts";
import { isTooLarge, parseSize } from "../sizes.ts";
import { toBoolean, toInteger, toText } from "./coerce.ts";

/** How a field may be written, where JSON Schema cannot be derived from the value it becomes. */
export const written = z.registry<{ rewrite: (json: JsonSchema) => JsonSchema }>();

/** What a text stands for, so that an editor knows what to propose. */
export type Content =
  | "size"
  | "image"
  | "preset"
  | "target"
  | "template"
  | "hostPath"
  | "guestPath"
  | "projectPath"
  | "lua";

export const contents = z.registry<{ content: Content }>();

export function holds<Schema extends z.ZodType>(content: Content, schema: Schema): Schema {
  contents.add(schema, { content });
  return schema;
}

export type JsonSchema = Record<string, unknown>;

const unsigned32 = 2 ** 32 - 1;

export function flag(): z.ZodType<boolean> {
  return asWritten(z.preprocess(toBoolean, z.boolean({ error: wants("true or false") })), {
    anyOf: [{ type: "boolean" }, { enum: ["true", "false"] }],
  });
}

export function text(): z.ZodType<string> {
  return asWritten(z.preprocess(toText, z.string({ error: wants("text") })), {
    type: ["string", "number", "boolean"],
  });
}

export function path(what: string): z.ZodType<string> {
  return asWritten(
    z.preprocess(
      toText,
      z
        .string({ error: wants("a path") })
        .min(1, `${what} cannot be empty`)
        .refine((value) => !value.includes("\0"), `${what} cannot contain a NUL character`),
    ),
    { type: "string", minLength: 1 },
  );
}

/** Permissions of a file, in octal digits. */
export function mode(): z.ZodType<string> {
  const error = 'invalid octal mode: expected up to four digits from 0 to 7, such as "755"';
  return asWritten(z.preprocess(toText, z.string({ error }).regex(/^[0-7]{1,4}$/, error)), {
    type: ["string", "integer"],
    pattern: "^[0-7]{1,4}$",
  });
}

export function count(limits: { min: number; max?: number }): z.ZodType<number> {
  const { min, max = unsigned32 } = limits;
  const range = limits.max === undefined ? `, ${min} or more` : ` from ${min} to ${max}`;
  const error = wants(`a whole number${range}`);
  return asWritten(
    z.preprocess(
      toInteger,
      z.number({ error }).int({ error }).min(min, { error }).max(max, { error }),
    ),
    {
      anyOf: [
        { type: "integer", minimum: min, maximum: max },
        { type: "string", pattern: "^[0-9]+$" },
      ],
    },
  );
}

/** Bytes, written as a number with a unit. */
export function size(): z.ZodType<number> {
  const schema = z.string({ error: wants(sizeForms) }).transform((value, context) => {
    const bytes = parseSize(value);
    if (bytes !== undefined) return bytes;
    const message = isTooLarge(value) ? "too large" : wants(sizeForms)();
    context.issues.push({ code: "custom", message, input: value });
    return z.NEVER;
  });
  return holds("size", asWritten(schema, { type: "string", pattern: sizePattern }));
}

const sizeForms = 'a size with a unit, such as "512 MB", "4 GiB" or "1.5G"';
const sizePattern =
  "^\\s*([0-9]+(\\.[0-9]+)?|\\.[0-9]+)\\s*([bB]([yY][tT][eE][sS]?)?|[kKmMgGtT]([iI]?[bB])?|([kK][iI][lL][oO]|[mM][eE][gG][aA]|[gG][iI][gG][aA]|[tT][eE][rR][aA])[bB][yY][tT][eE][sS]?)\\s*$";

export function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
): z.ZodType<Value> {
  return z.enum(values);
}

export function list<Element>(element: z.ZodType<Element>): z.ZodType<Element[]> {
  return z.array(element, { error: wants("a list") });
}

/** A list of texts; one text alone stands for a list of one. */
export function textOrList(texts: z.ZodType<string[]>): z.ZodType<string[]> {
  const schema = z.preprocess((value) => (typeof value === "string" ? [value] : value), texts);
  return asWritten(schema, {
    anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  });
}

/** Entries by name, in the order in which they take effect. */
export function named<Entry>(entry: z.ZodType<Entry>): z.ZodType<Record<string, Entry>> {
  return z
    .record(z.string(), entry, { error: wants("a table of named entries") })
    .transform((entries) => Object.fromEntries(sortedEntries(entries)));
}

export function table<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.object(shape, { error: wants("a table of keys") });
}

/** The words that every complaint about a wrong type begins with. */
export function wants(what: string): () => string {
  return () => `expected ${what}`;
}

export function asWritten<Schema extends z.ZodType>(
  schema: Schema,
  json: JsonSchema | ((derived: JsonSchema) => JsonSchema),
): Schema {
  written.add(schema, { rewrite: typeof json === "function" ? json : () => json });
  return schema;
}
