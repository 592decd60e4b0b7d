import {
  choicesOf,
  contentOf,
  defaultOf,
  descriptionOf,
  schemaAt,
} from "#core/config/fields/inspect.ts";
import { formatKeyPath, type KeySegments } from "#core/config/names/keyPath.ts";
import type { PlainOrigin } from "#core/config/provenance/provenance.ts";
import { formatSize } from "#core/config/sizes.ts";
import type { LanguageContext } from "./context.ts";
import { contains, type ModelNode, nodeAtOffset, type Span } from "./model/model.ts";

export type Hover = { span: Span; markdown: string };

/** What there is to know of the key, or of the preset, at an offset. */
export function hoverAt(context: LanguageContext, offset: number): Hover | undefined {
  const node = nodeAtOffset(context.model, offset);
  if (node === undefined) return undefined;
  const preset = presetAt(context, node);
  if (preset !== undefined) return { span: node.span, markdown: preset };
  if (node.keySpan === undefined || !contains(node.keySpan, offset)) return undefined;
  const parts = [documentation(context, node.segments), ...effective(context, node)];
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
  const lines = [`**\`${formatKeyPath(segments)}\`**`, description];
  if (choices !== undefined) lines.push(`One of ${choices.map((c) => `\`${c}\``).join(", ")}.`);
  if (typeof standard !== "object" && standard !== undefined) {
    lines.push(`Default: \`${shown(standard, contentOf(found) === "size")}\``);
  }
  return lines.join("\n\n");
}

/** The value in force and everybody who had a say in it, strongest first. */
function effective(context: LanguageContext, { segments, kind }: ModelNode): string[] {
  const { result, schema } = context;
  const found = schemaAt(schema, segments);
  if (result === undefined || found === undefined || kind === "table") return [];
  const value = segments.reduce(below, result.effective);
  const isSize = contentOf(found) === "size";
  const when = result.config === undefined ? "In force without the errors" : "In force";
  const lines = value === undefined ? [] : [`${when}: \`${shown(value, isSize)}\``];
  const chain = result.provenance
    .settings(segments)
    .reverse()
    .map(({ written, effect, origin }) => {
      const place = placeText(context, result.provenance.plain(origin));
      return `- \`${shorten(written)}\` — ${place}, ${effect === "wins" ? "in force" : effect}`;
    });
  return chain.length === 0 ? lines : [...lines, chain.join("\n")];
}

function below(value: unknown, segment: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) {
    return undefined;
  }
  return (value as Record<string | number, unknown>)[segment];
}

function placeText({ link }: LanguageContext, { scope, preset, path, range }: PlainOrigin): string {
  if (preset !== undefined) return `preset \`${preset}\``;
  if (path === undefined || range === undefined) return scope;
  const { line, column } = range.start;
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
