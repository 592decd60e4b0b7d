import { choicesOf, defaultOf, descriptionOf, schemaAt } from "#core/config/fields/inspect.ts";
import { readDocument } from "#core/config/formats/document.ts";
import { configFileSchema } from "#core/config/schema.ts";
import type { Position, Range } from "#core/config/types.ts";

export type Hover = { range: Range; markdown: string };

/** The documentation of the key at a position of a configuration file, if there is one. */
export function hoverAt(
  source: { path: string; text: string },
  position: Position,
): Hover | undefined {
  const { places } = readDocument({ scope: "project", ...source });
  for (const [keyPath, origins] of places) {
    const range = origins.find(
      ({ keyRange }) => keyRange && contains(keyRange, position),
    )?.keyRange;
    const markdown = range === undefined ? undefined : documentation(keyPath);
    if (range !== undefined && markdown !== undefined) return { range, markdown };
  }
  return undefined;
}

/** What the schema says about a key, as Markdown. */
export function documentation(keyPath: string): string | undefined {
  const schema = schemaAt(configFileSchema, parseKeyPath(keyPath));
  const description = schema === undefined ? undefined : descriptionOf(schema);
  if (schema === undefined || description === undefined) return undefined;
  const choices = choicesOf(schema);
  const standard = defaultOf(schema);
  const lines = [`**\`${keyPath}\`**`, description];
  if (choices !== undefined) lines.push(`One of ${choices.map((c) => `\`${c}\``).join(", ")}.`);
  if (isShort(standard)) lines.push(`Default: \`${String(standard)}\``);
  return lines.join("\n\n");
}

function isShort(value: unknown): boolean {
  return typeof value === "boolean" || typeof value === "string" || typeof value === "number";
}

function contains(range: Range, { line, column }: Position): boolean {
  const { start, end } = range;
  const isAfterStart = line > start.line || (line === start.line && column >= start.column);
  return isAfterStart && (line < end.line || (line === end.line && column <= end.column));
}

/** Takes apart what `formatKeyPath` wrote, without list elements. */
function parseKeyPath(keyPath: string): string[] {
  const parts = keyPath.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? [];
  return parts.map((part) => (part.startsWith('"') ? (JSON.parse(part) as string) : part));
}
