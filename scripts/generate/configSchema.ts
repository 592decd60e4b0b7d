// Writes the JSON Schemas of the configuration and of the user settings, and the types of both as users
// write them. The zod schemas are the only source.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import * as z from "zod";
import { written } from "../../src/core/config/fields/fields.ts";
import { configFileSchema } from "../../src/core/config/schema.ts";
import { settingsSchema } from "../../src/core/config/settings.ts";
import { formatSize } from "../../src/core/config/sizes.ts";
import { type DocumentedSchema, writeKeyTables } from "./configDocs.ts";
import { writeGenerated } from "./write.ts";

type Json = Record<string, unknown> & { properties: Record<string, Record<string, unknown>> };

/** Returns the paths that were out of date; writes them unless `check` is set. */
export async function generate(check: boolean): Promise<string[]> {
  const config = configJsonSchema();
  const settings = jsonSchema(settingsSchema, {
    title: "Airlock user settings",
    description: "What belongs to a user and not to a project: `~/.airlock/settings.toml`.",
  });
  return [
    ...writeGenerated("schemas/airlock.schema.json", toText(config), check),
    ...writeGenerated("schemas/settings.schema.json", toText(settings), check),
    ...writeGenerated("src/shared/generated/config.d.ts", await types(config, settings), check),
    ...writeKeyTables({ config: documented(config), settings: documented(settings) }, check),
  ];
}

function documented(json: Json): DocumentedSchema {
  return json as unknown as DocumentedSchema;
}

function configJsonSchema(): Json {
  const json = jsonSchema(configFileSchema, {
    title: "Airlock configuration",
    description: "The sandbox of a project: `airlock.toml`, also as JSON or YAML.",
  });
  const { presets, ...rest } = json.properties;
  return {
    ...json,
    properties: {
      $schema: { type: "string", description: "Tells an editor where this schema is." },
      presets: { ...presets, items: { enum: presetNames() } },
      ...rest,
    },
  };
}

function presetNames(): string[] {
  const files = readdirSync("presets").filter((file) => file.endsWith(".toml"));
  return files.map((file) => basename(file, ".toml")).sort();
}

function jsonSchema(schema: z.ZodType, head: { title: string; description: string }): Json {
  const { $schema, ...body } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: json }) => adjust(zodSchema as unknown as z.ZodType, json),
  });
  return { $schema, ...head, ...body } as unknown as Json;
}

/** Puts in how a value may be written; zod itself knows only what it becomes. */
function adjust(schema: z.ZodType, json: Record<string, unknown>): void {
  const own = written.get(schema);
  if (own !== undefined) {
    const { description } = json;
    const rewritten = own.rewrite({ ...json });
    for (const key of Object.keys(json)) delete json[key];
    Object.assign(json, rewritten, description === undefined ? {} : { description });
  }
  // zod turns neither defaults nor examples back through a coercion; here both are written alike.
  if (schema instanceof z.ZodDefault) json.default ??= schema.def.defaultValue;
  const examples = z.globalRegistry.get(schema)?.examples;
  if (examples !== undefined) json.examples ??= examples;
  if (typeof json.default === "number" && json.type === "string") {
    json.default = formatSize(json.default);
  }
  // JavaScript property names are always strings.
  delete json.propertyNames;
  // One file is only a part: another one, or a preset, may have the key that is missing here.
  delete json.required;
}

async function types(config: Json, settings: Json): Promise<string> {
  const options = { additionalProperties: false, bannerComment: "", format: true };
  const parts = [
    await compile(config as JSONSchema, "WrittenConfig", options),
    await compile(settings as JSONSchema, "WrittenSettings", options),
  ];
  return `// Generated from schemas/*.json by scripts/generate/configSchema.ts. Do not edit.\n\n${parts.join("\n")}`;
}

function toText(json: Json): string {
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

if (import.meta.main) console.log((await generate(process.argv.includes("--check"))).join("\n"));
