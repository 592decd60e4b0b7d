import * as z from "zod";
import { badManifest } from "./errors.ts";
import { isIndexType, isManifestType, isSchema1Type } from "./mediaTypes.ts";

/** Upper bound of an index, manifest or config document. */
export const maxDocumentBytes = 4 << 20;
const maxLayers = 1000;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "not a sha256 digest");
const annotations = z.record(z.string(), z.string()).nullish();

const platform = z.looseObject({
  os: z.string().optional(),
  architecture: z.string().optional(),
  variant: z.string().optional(),
});

const descriptor = z.looseObject({
  mediaType: z.string().optional(),
  digest,
  size: z.int().nonnegative(),
  annotations,
  urls: z.array(z.string()).nullish(),
  platform: platform.nullish(),
});

const index = z.looseObject({
  schemaVersion: z.literal(2).optional(),
  mediaType: z.string().optional(),
  manifests: z.array(descriptor).max(10_000),
});

const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).min(1, "the image has no layers").max(maxLayers),
});

const texts = z.array(z.string()).nullish();

const config = z.looseObject({
  created: z.string().nullish(),
  os: z.string().nullish(),
  architecture: z.string().nullish(),
  variant: z.string().nullish(),
  config: z
    .looseObject({
      User: z.string().nullish(),
      Env: texts,
      Entrypoint: texts,
      Cmd: texts,
      WorkingDir: z.string().nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
      StopSignal: z.string().nullish(),
    })
    .nullish(),
});

export type Descriptor = z.infer<typeof descriptor>;
export type ImageIndex = z.infer<typeof index>;
export type ImageManifest = z.infer<typeof manifest>;
export type ImagePlatform = z.infer<typeof platform>;
type ConfigDocument = z.infer<typeof config>;

/** What an image says about running it. */
export type ImageConfig = {
  /** `name`, `id`, `name:group` or `id:id`; empty for root. */
  user: string;
  /** `KEY=value` entries. */
  env: string[];
  entrypoint: string[];
  cmd: string[];
  workingDir: string;
  labels: Record<string, string>;
  /** Signal name or number; empty for the default. */
  stopSignal: string;
};

export type ParsedConfig = {
  readonly config: ImageConfig;
  readonly platform: ImagePlatform;
  /** Seconds since 1970; 0 when the image does not say. */
  readonly createdSeconds: number;
};

/** An index or a manifest, told apart by its media type and, without one, by its fields. */
export function parseIndexOrManifest(
  text: string,
  mediaType: string | undefined,
): { index: ImageIndex } | { manifest: ImageManifest } {
  const value = parseJson(text, "the manifest");
  const fields = z.looseObject({ mediaType: z.string().optional() }).safeParse(value);
  if (!fields.success) throw badManifest("the manifest is not a JSON object");
  const type = fields.data.mediaType ?? mediaType;
  if (isSchema1Type(type) || fields.data.schemaVersion === 1) {
    throw badManifest("the image uses manifest schema 1, which is too old", {
      hint: "Pull and push it again with a current Docker.",
    });
  }
  if (isIndexType(type)) return { index: check(index, value, "the index") };
  if (isManifestType(type)) return { manifest: check(manifest, value, "the manifest") };
  if (type !== undefined) throw badManifest(`the manifest has the unknown type "${type}"`);
  return "manifests" in fields.data
    ? { index: check(index, value, "the index") }
    : { manifest: check(manifest, value, "the manifest") };
}

export function parseIndex(text: string): ImageIndex {
  return check(index, parseJson(text, "the index"), "the index");
}

export function parseImageConfig(text: string): ParsedConfig {
  const document = check(config, parseJson(text, "the image config"), "the image config");
  return {
    config: imageConfig(document),
    platform: {
      os: document.os ?? undefined,
      architecture: document.architecture ?? undefined,
      variant: document.variant ?? undefined,
    },
    createdSeconds: Math.max(0, Math.floor(Date.parse(document.created ?? "") / 1000) || 0),
  };
}

function imageConfig({ config: given }: ConfigDocument): ImageConfig {
  return {
    user: given?.User ?? "",
    env: given?.Env ?? [],
    entrypoint: given?.Entrypoint ?? [],
    cmd: given?.Cmd ?? [],
    workingDir: given?.WorkingDir ?? "",
    labels: given?.Labels ?? {},
    stopSignal: given?.StopSignal ?? "",
  };
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.length ? ` at ${issue.path.join(".")}` : "";
  throw badManifest(`${what} is not valid${where}: ${issue?.message ?? "unknown reason"}`);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badManifest(`${what} is not JSON`, { cause });
  }
}
