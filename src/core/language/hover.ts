import {
  choicesOf,
  contentOf,
  defaultOf,
  descriptionOf,
  schemaAt,
} from "#core/config/fields/inspect.ts";
import { lines } from "#core/config/formats/lines.ts";
import type { ConfigResult } from "#core/config/load.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { PlainOrigin } from "#core/config/provenance/provenance.ts";
import { formatSize } from "#core/config/sizes.ts";
import type { LanguageContext } from "./context.ts";
import { contains, type ModelNode, nodeAtOffset, type Span } from "./model/model.ts";

export type Hover = { span: Span; markdown: string };

/**
 * What there is to know of the key, the preset or the element of a list at an offset. What the schema
 * says is left out where another tool tells it: two copies help nobody.
 */
export function hoverAt(
  context: LanguageContext,
  offset: number,
  { isDocumentedElsewhere = false } = {},
): Hover | undefined {
  const node = nodeAtOffset(context.model, offset);
  if (node === undefined) return undefined;
  const preset = presetAt(context, node);
  if (preset !== undefined) return { span: node.span, markdown: preset };
  if (node.keySpan === undefined) return elementHover(context, node);
  if (!contains(node.keySpan, offset)) return undefined;
  const docs = isDocumentedElsewhere ? undefined : documentation(context, node.segments);
  const parts = [docs, ...effective(context, node)];
  const markdown = parts.filter((part) => part !== undefined).join("\n\n");
  return markdown === "" ? undefined : { span: node.keySpan, markdown };
}

/** What the schema says about a key, as Markdown. */
function documentation({ schema }: LanguageContext, segments: KeySegments): string | undefined {
  const found = schemaAt(schema, segments);
  const description = found === undefined ? undefined : descriptionOf(found);
  if (found === undefined || description === undefined) return undefined;
  const choices = choicesOf(found);
  const standard = defaultOf(found);
  const parts = [`**\`${formatKeyPath(segments)}\`**`, description];
  if (choices !== undefined) parts.push(`One of ${choices.map((c) => `\`${c}\``).join(", ")}.`);
  if (typeof standard !== "object" && standard !== undefined) {
    parts.push(`Default: \`${shown(standard, contentOf(found) === "size")}\``);
  }
  return parts.join("\n\n");
}

/** The value in force and everybody who had a say in it, strongest first. */
function effective(context: LanguageContext, { segments, kind }: ModelNode): string[] {
  const { result, schema } = context;
  const found = schemaAt(schema, segments);
  if (result === undefined || found === undefined || kind === "table") return [];
  const value = segments.reduce(below, result.effective);
  if (Array.isArray(value) && value.length > 0)
    return [elements(context, { segments, list: value })];
  const isSize = contentOf(found) === "size";
  const head = value === undefined ? [] : [`${when(result)}: \`${shown(value, isSize)}\``];
  const chain = result.provenance
    .settings(segments)
    .reverse()
    .map(({ written, effect, origin }) => {
      const place = placeText(context, result.provenance.plain(origin));
      const text = written === "" ? "" : `\`${shorten(written)}\` — `;
      return `- ${text}${place}, ${effect === "wins" ? "in force" : effect}`;
    });
  return chain.length === 0 ? head : [...head, chain.join("\n")];
}

function when({ config }: ConfigResult): string {
  return config === undefined ? "In force without the errors" : "In force";
}

/** The files' lists are joined, so each element has a place of its own. */
function elements(
  context: LanguageContext,
  { segments, list, here }: { segments: KeySegments; list: readonly unknown[]; here?: number },
): string {
  const { result } = context;
  if (result === undefined) return "";
  const rows = list.slice(0, maxElements).map((value, index) => {
    const origin = result.provenance.originOf([...segments, index]);
    const text = `\`${shown(value, false)}\``;
    return `${index + 1}. ${index === here ? `**${text}**` : text} — ${placeText(context, origin)}`;
  });
  const rest = list.length - rows.length;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  return [`${when(result)}, in this order:`, rows.join("\n"), ...more].join("\n\n");
}

const maxElements = 20;

/** Where an element of a list stands among those of all files. */
function elementHover(context: LanguageContext, node: ModelNode): Hover | undefined {
  const { result, model, path, schema } = context;
  const segments = node.segments.slice(0, -1);
  if (result === undefined || schemaAt(schema, segments) === undefined) return undefined;
  const list = segments.reduce(below, result.effective);
  if (!Array.isArray(list) || node.kind !== "value") return undefined;
  const start = lines(model.text).position(node.span.start);
  const index = list.findIndex((_, at) => {
    const { path: file, range } = result.provenance.originOf([...segments, at]);
    return file === path && range?.start.line === start.line && range.start.column === start.column;
  });
  if (index < 0) return undefined;
  const title = `**\`${formatKeyPath(segments)}\`**`;
  const markdown = `${title}\n\n${elements(context, { segments, list, here: index })}`;
  return { span: node.span, markdown };
}

function below(value: unknown, segment: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) {
    return undefined;
  }
  return (value as Record<string | number, unknown>)[segment];
}

function placeText(
  { link, presetLink }: LanguageContext,
  { scope, preset, path, range }: PlainOrigin,
): string {
  if (path === undefined || range === undefined) return scope;
  const { line, column } = range.start;
  if (preset !== undefined) return `[preset ${preset}:${line}](${presetLink(preset, line)})`;
  const name = path.slice(path.lastIndexOf("/") + 1);
  return `[${name}:${line}](${link(path, line, column)}) (${scope})`;
}

function presetAt({ presets, model }: LanguageContext, node: ModelNode): string | undefined {
  if (node.segments[0] !== "presets" || node.segments.length !== 2) return undefined;
  const name = model.text.slice(node.span.start, node.span.end).replace(/^["']|["']$/g, "");
  if (!Object.hasOwn(presets, name)) return undefined;
  return `**Preset \`${name}\`**\n\n\`\`\`toml\n${presets[name]?.trim()}\n\`\`\``;
}

function shown(value: unknown, isSize: boolean): string {
  if (isSize && typeof value === "number") return formatSize(value);
  return shorten(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("`", "'");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
