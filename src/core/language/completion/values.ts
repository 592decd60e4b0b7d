import type * as z from "zod";
import {
  choicesOf,
  contentOf,
  defaultOf,
  examplesOf,
  isBoolean,
  schemaAt,
  shapeOf,
} from "#core/config/fields/inspect.ts";
import type { LanguageContext } from "../context.ts";
import { isBelow, type ModelFormat, type Place } from "../model/model.ts";
import { knownTargets } from "../targets.ts";
import { type Completion, escapeSnippet } from "./items.ts";

type ValuePlace = Extract<Place, { role: "value" }>;
type Proposal = {
  text: string;
  kind?: Completion["kind"];
  detail?: string;
  documentation?: string;
  isGeneric?: boolean;
};

export function valueCompletions(context: LanguageContext, place: ValuePlace): Completion[] {
  const schema = schemaAt(context.schema, place.segments);
  if (schema === undefined) return [];
  const shape = shapeOf(schema);
  const isList = shape.kind === "list";
  const element = isList ? shape.element : schema;
  const insideText = insideOf(context, place, element);
  const content = contentOf(element);
  if (content === "template" || content === "hostPath" || content === "projectPath") {
    return insideText;
  }
  const wrap = isList ? (text: string) => `[${text}]` : (text: string) => text;
  const whole = proposals(context, place, element).map((proposal) => {
    const isBare = isBoolean(element);
    return toCompletion(proposal, place, { format: context.model.format, isBare, wrap });
  });
  return [...insideText, ...whole];
}

/** What continues a text that has been begun; only YAML has texts without quotes. */
function insideOf(context: LanguageContext, place: ValuePlace, schema: z.ZodType): Completion[] {
  if (place.quote === "" && context.model.format !== "yaml") return [];
  switch (contentOf(schema)) {
    case "template":
      return variables(context, place);
    case "hostPath":
    case "projectPath":
      return files(context, place, place.typed);
    case "image": {
      const path = /^(?:oci|oci-archive|docker-archive):(.*)$/.exec(place.typed)?.[1];
      return path === undefined ? [] : files(context, place, path);
    }
    default:
      return [];
  }
}

/** What has been typed of an image's name, where one is being written. */
export function typedImageAt(context: LanguageContext, offset: number): string | undefined {
  const place = context.model.placeAt(offset);
  if (place.role !== "value") return undefined;
  const schema = schemaAt(context.schema, place.segments);
  return schema !== undefined && contentOf(schema) === "image" ? place.typed : undefined;
}

function proposals(context: LanguageContext, place: ValuePlace, schema: z.ZodType): Proposal[] {
  const choices = isBoolean(schema) ? ["true", "false"] : choicesOf(schema);
  if (choices !== undefined) {
    const usual = String(defaultOf(schema));
    return choices.map((text) => ({
      ...{ text, isGeneric: true },
      ...(text === usual ? { detail: "default" } : {}),
    }));
  }
  switch (contentOf(schema)) {
    case "size":
      return sizes(place, schema);
    case "preset":
      return presets(context, place);
    case "image":
      return images(context, schema);
    case "target":
      return knownTargets(context).map((text) => ({ text }));
    default:
      return [];
  }
}

function sizes({ typed }: ValuePlace, schema: z.ZodType): Proposal[] {
  const amount = /^\d+(\.\d+)?/.exec(typed)?.[0];
  if (amount === undefined) return examplesOf(schema).map((text) => ({ text }));
  return ["GB", "MB"].map((unit) => ({ text: `${amount} ${unit}` }));
}

function presets({ presets: texts, model }: LanguageContext, place: ValuePlace): Proposal[] {
  const used = model.nodes
    .filter(({ segments, span }) => isBelow(segments, ["presets"]) && span.end !== place.span.end)
    .map(({ span }) => model.text.slice(span.start, span.end).replace(/^["']|["']$/g, ""));
  return Object.entries(texts)
    .filter(([name]) => !used.includes(name))
    .map(([text, content]) => ({
      ...{ text, detail: summaryOf(content) },
      documentation: `\`\`\`toml\n${content.trim()}\n\`\`\``,
    }));
}

/** The comment at the beginning of a preset. */
function summaryOf(content: string): string {
  return /^#\s*(.*)$/m.exec(content)?.[1] ?? "";
}

function images({ images: known }: LanguageContext, schema: z.ZodType): Proposal[] {
  const names = new Set(known.map(({ name }) => name));
  const examples = examplesOf(schema).filter((text) => !names.has(text));
  return [
    ...known.map(({ name, detail }) => ({ text: name, detail })),
    ...[...new Set(["embedded:base", ...examples])]
      .filter((text) => !names.has(text))
      .map((text) => ({ text })),
  ];
}

/** Behind `$` or `${`, the variables of the host. */
function variables({ environment, model }: LanguageContext, place: ValuePlace): Completion[] {
  const typed = /(?<!\\)\$(\{?)(\w*)$/.exec(place.typed);
  if (typed === null) return [];
  const [, brace = "", name = ""] = typed;
  const end = place.span.start + place.quote.length + place.typed.length;
  const span = { start: end - name.length, end };
  // Editors close a brace as it is typed.
  const isOpen = brace !== "" && model.text[end] !== "}";
  return environment.map((each) => ({
    ...{ label: each, kind: "variable", detail: "variable of the host", span, filter: each },
    ...{ snippet: isOpen ? `${each}\\}` : each, isGeneric: false },
  }));
}

/** What is in the directory of the host that a path, as typed so far, names. */
function files({ listFiles }: LanguageContext, place: ValuePlace, path: string): Completion[] {
  const directory = /^.*\//.exec(path)?.[0] ?? "";
  const end = place.span.start + place.quote.length + place.typed.length;
  const span = { start: end - (path.length - directory.length), end };
  return listFiles(directory).map(({ name, isDirectory }) => ({
    ...{ label: name, kind: isDirectory ? "folder" : "file", span, filter: name },
    ...{ snippet: escapeSnippet(isDirectory ? `${name}/` : name), isGeneric: false },
  }));
}

function toCompletion(
  proposal: Proposal,
  place: ValuePlace,
  form: { format: ModelFormat; isBare: boolean; wrap: (text: string) => string },
): Completion {
  const { text, kind = "value", detail, documentation, isGeneric = false } = proposal;
  const quote = place.quote === "'" ? "'" : '"';
  const isBare = form.isBare || (form.format === "yaml" && /^\w[\w.-]*$/.test(text));
  const written = isBare && place.quote === "" ? text : `${quote}${text}${quote}`;
  return {
    ...{ label: text, kind, span: place.span, isGeneric },
    ...(detail === undefined ? {} : { detail }),
    ...(documentation === undefined ? {} : { documentation }),
    snippet: escapeSnippet(form.wrap(form.isBare ? text : written)),
    filter: place.quote === "" ? text : written,
  };
}
