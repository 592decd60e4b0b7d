import * as z from "zod";
import { type Content, contents } from "./fields.ts";

/** What a schema allows below a key. */
export type Shape =
  | { kind: "table"; keys: Readonly<Record<string, z.ZodType>> }
  | { kind: "named"; entry: z.ZodType }
  | { kind: "list"; element: z.ZodType }
  | { kind: "value" };

/** Looks through defaults, coercions and transformations at the kind of value a schema stands for. */
export function shapeOf(schema: z.ZodType): Shape {
  const known = shapes.get(schema) ?? readShape(schema);
  shapes.set(schema, known);
  return known;
}

/** One answer asks for the shape of a rule as often as there are rules. */
const shapes = new WeakMap<z.ZodType, Shape>();

function readShape(schema: z.ZodType): Shape {
  const core = unwrap(schema);
  if (core instanceof z.ZodObject) return { kind: "table", keys: core.shape };
  if (core instanceof z.ZodRecord) return { kind: "named", entry: core.valueType as z.ZodType };
  if (core instanceof z.ZodArray) return { kind: "list", element: core.element as z.ZodType };
  return { kind: "value" };
}

/** The documentation nearest to the outside of a schema. */
export function descriptionOf(schema: z.ZodType): string | undefined {
  for (let each: z.ZodType | undefined = schema; each !== undefined; each = inner(each)) {
    if (each.description !== undefined) return each.description;
  }
  return undefined;
}

/** What the text of a key stands for. */
export function contentOf(schema: z.ZodType): Content | undefined {
  for (let each: z.ZodType | undefined = schema; each !== undefined; each = inner(each)) {
    const content = contents.get(each)?.content;
    if (content !== undefined) return content;
  }
  return undefined;
}

/** Values to show as examples. */
export function examplesOf(schema: z.ZodType): readonly string[] {
  for (let each: z.ZodType | undefined = schema; each !== undefined; each = inner(each)) {
    const { examples } = each.meta() ?? {};
    if (Array.isArray(examples)) return examples.map(String);
  }
  return [];
}

export function isBoolean(schema: z.ZodType): boolean {
  return unwrap(schema) instanceof z.ZodBoolean;
}

export function isNumber(schema: z.ZodType): boolean {
  const core = unwrap(schema);
  return core instanceof z.ZodNumber || core instanceof z.ZodUnion;
}

/** The smallest and the greatest number that a key may have. */
export function limitsOf(schema: z.ZodType): { min: number; max: number } | undefined {
  const core = unwrap(schema);
  if (!(core instanceof z.ZodNumber)) return undefined;
  const { minValue: min, maxValue: max } = core;
  return min === null || max === null ? undefined : { min, max };
}

/** Whether a table is incomplete without the key. */
export function isRequired(schema: z.ZodType): boolean {
  return !accepts(schema, undefined);
}

/** Whether a text can be written there, even where a table can as well. */
export function isText(schema: z.ZodType): boolean {
  return accepts(schema, "x");
}

/** Schemas never change, and trying one out costs more than everything else about a proposal. */
function accepts(schema: z.ZodType, value: unknown): boolean {
  const known = tried.get(schema) ?? new Map<unknown, boolean>();
  tried.set(schema, known);
  const answer = known.get(value) ?? schema.safeParse(value).success;
  known.set(value, answer);
  return answer;
}

const tried = new WeakMap<z.ZodType, Map<unknown, boolean>>();

/** The default of a key, in the form that validation makes of it. */
export function defaultOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}

/** The schema of a key, or undefined when no such key exists. */
export function schemaAt(
  schema: z.ZodType,
  segments: readonly (string | number)[],
): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const segment of segments) {
    if (current === undefined) return undefined;
    const shape = shapeOf(current);
    if (typeof segment === "number") current = shape.kind === "list" ? shape.element : undefined;
    else if (shape.kind === "named") current = shape.entry;
    else current = shape.kind === "table" ? ownKey(shape.keys, segment) : undefined;
  }
  return current;
}

function ownKey<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The values that a key may have, if there is a fixed list of them. */
export function choicesOf(schema: z.ZodType): string[] | undefined {
  const core = unwrap(schema);
  return core instanceof z.ZodEnum ? core.options.map(String) : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  let current = schema;
  for (let next = inner(current); next !== undefined; next = inner(current)) current = next;
  return current;
}

function inner(schema: z.ZodType): z.ZodType | undefined {
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional
  ) {
    return schema.def.innerType as z.ZodType;
  }
  if (!(schema instanceof z.ZodPipe)) return undefined;
  // A coercion stands before the schema, a transformation behind it.
  const { in: before, out: after } = schema.def;
  return (before instanceof z.ZodTransform ? after : before) as z.ZodType;
}
