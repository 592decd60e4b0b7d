import type { Descriptor } from "#core/oci/documents.ts";
import type { Architecture } from "#core/oci/platform.ts";
import { convertLayers } from "./convert.ts";
import { asImageError, ImageError, imageCancelled } from "./errors.ts";
import { readConfig, resolveImage } from "./resolve.ts";
import type { ImageSource } from "./source.ts";
import { selectSource } from "./sources/select.ts";
import { addImage, findImage, type StoredImage, touchImage } from "./store.ts";

const defaultMaxBytes = 20e9;

export type ImageRequest = {
  /** `vm.image.name` */
  readonly name: string;
  readonly resolution: "auto" | "docker" | "registry";
  readonly insecure: boolean;
  /** Where relative `oci:` paths start. */
  readonly projectDir: string;
};

export type ImageProgress = {
  readonly phase: "resolve" | "pull";
  readonly text: string;
  readonly doneBytes: number | null;
  readonly totalBytes: number | null;
};

export type PrepareOptions = {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImageProgress) => void;
  /** Upper bound of the unpacked image. */
  readonly maxBytes?: number;
};

/** Makes sure that the image is in the store, and returns it. */
export async function prepareImage(
  request: ImageRequest,
  options: PrepareOptions = {},
): Promise<StoredImage> {
  const signal = options.signal ?? new AbortController().signal;
  const { name } = request;
  try {
    signal.throwIfAborted();
    return await prepare(request, { ...options, signal });
  } catch (error) {
    if (signal.aborted) throw imageCancelled(name);
    throw asImageError(error, name);
  }
}

async function prepare(
  { name, projectDir }: ImageRequest,
  { signal, onProgress, maxBytes = defaultMaxBytes }: PrepareOptions & { signal: AbortSignal },
): Promise<StoredImage> {
  const source = selectSource(name, projectDir);
  onProgress?.({ phase: "resolve", text: `resolving ${name}`, doneBytes: null, totalBytes: null });
  const architecture = hostArchitecture();
  const { digest, manifest } = await resolveImage(source, architecture, signal);
  const stored = await findImage(digest);
  if (stored !== undefined) return touchImage({ ...stored, source: source.name }, name);
  const parsed = await readConfig(source, manifest, { architecture, signal });
  const image = { name, digest, source: source.name, config: parsed.config };
  const { layers } = manifest;
  const onBytes = pullProgress(source, layers, { name, onProgress });
  const { createdSeconds } = parsed;
  const conversion = { source, layers, digest, createdSeconds, maxBytes, signal, onBytes };
  return addImage(image, (sink) => convertLayers(conversion, sink));
}

function pullProgress(
  source: ImageSource,
  layers: readonly Descriptor[],
  { name, onProgress }: { name: string; onProgress: PrepareOptions["onProgress"] },
): (count: number) => void {
  const totalBytes = layers.reduce((sum, layer) => sum + layer.size, 0);
  const text = source.name === "embedded" ? `unpacking ${name}` : `reading ${name}`;
  let doneBytes = 0;
  return (count) => {
    doneBytes += count;
    onProgress?.({ phase: "pull", text, doneBytes, totalBytes });
  };
}

function hostArchitecture(): Architecture {
  if (process.arch === "x64") return "amd64";
  if (process.arch === "arm64") return "arm64";
  throw new ImageError("platform", `there are no images for ${process.arch} machines`);
}
