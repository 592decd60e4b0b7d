import type * as z from "zod";
import { isText, shapeOf } from "../fields/inspect.ts";
import { type Document, isNullLeaf, isTable, type Misfit, type Table } from "../formats/tree.ts";

/**
 * Takes a value or list out that stands where a table belongs: mostly the first word of a key, just being
 * typed. Merged with the rest it would hide all that other files and presets have there.
 */
export function withoutMisfits(document: Document, schema: z.ZodType): Document {
  const misfits: Misfit[] = [];
  const root = document.root && fitting(document.root, schema, { parents: [], misfits });
  return misfits.length === 0 ? document : { ...document, root, misfits };
}

function fitting(
  table: Table,
  schema: z.ZodType,
  { parents, misfits }: { parents: readonly string[]; misfits: Misfit[] },
): Table {
  const shape = shapeOf(schema);
  if (shape.kind !== "table" && shape.kind !== "named") return table;
  const kept: Table = {};
  for (const [name, value] of Object.entries(table)) {
    const own = shape.kind === "named" ? shape.entry : keyOf(shape.keys, name);
    const path = [...parents, name];
    if (own === undefined || isNullLeaf(value) || !isOnlyTable(own)) kept[name] = value;
    else if (isTable(value)) kept[name] = fitting(value, own, { parents: path, misfits });
    else misfits.push({ segments: path, node: value });
  }
  return kept;
}

function keyOf(keys: Readonly<Record<string, z.ZodType>>, name: string): z.ZodType | undefined {
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}

/** An image can be a text, too. */
function isOnlyTable(schema: z.ZodType): boolean {
  return ["table", "named"].includes(shapeOf(schema).kind) && !isText(schema);
}
