// Builds OCI image layouts for tests and for the image that ships with the product.
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";

export type LayoutDescriptor = {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
};

export type LayoutCompression = "gzip" | "zstd" | "none";

export type LayoutImage = {
  /** Plain tar archives, the lowest layer first. */
  layers: readonly Uint8Array[];
  compression?: LayoutCompression;
  architecture?: string;
  variant?: string;
  created?: string;
  config?: Record<string, unknown>;
};

export const hostArchitecture = process.arch === "arm64" ? "arm64" : "amd64";

/** Writes a layout with one image per tag. */
export async function writeLayout(
  directory: string,
  images: Readonly<Record<string, LayoutImage>>,
): Promise<Record<string, LayoutDescriptor>> {
  const written: Record<string, LayoutDescriptor> = {};
  for (const [tag, image] of Object.entries(images)) {
    written[tag] = await writeImage(directory, image);
  }
  await writeIndex(directory, written);
  return written;
}

/** Writes `index.json` with these tagged entries. */
export async function writeIndex(
  directory: string,
  entries: Readonly<Record<string, LayoutDescriptor>>,
): Promise<void> {
  const manifests = Object.entries(entries).map(([tag, { platform: _, ...descriptor }]) => ({
    ...descriptor,
    annotations: { "org.opencontainers.image.ref.name": tag },
  }));
  await mkdir(directory, { recursive: true });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const index = { schemaVersion: 2, mediaType, manifests };
  await writeFile(join(directory, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}\n');
  await writeFile(join(directory, "index.json"), `${JSON.stringify(index, undefined, 2)}\n`);
}

/** Writes the blobs of one image and returns the descriptor of its manifest. */
export async function writeImage(directory: string, image: LayoutImage): Promise<LayoutDescriptor> {
  const compression = image.compression ?? "gzip";
  const suffix = compression === "none" ? "" : `+${compression}`;
  const layers: LayoutDescriptor[] = [];
  for (const layer of image.layers) {
    const bytes = compress[compression](layer);
    layers.push(await putBlob(directory, `application/vnd.oci.image.layer.v1.tar${suffix}`, bytes));
  }
  const platform = {
    os: "linux",
    architecture: image.architecture ?? hostArchitecture,
    ...(image.variant === undefined ? {} : { variant: image.variant }),
  };
  const config = {
    created: image.created ?? "2023-11-14T22:13:20Z",
    ...platform,
    config: image.config ?? { Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: image.layers.map(sha256) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: await putJson(directory, "application/vnd.oci.image.config.v1+json", config),
    layers,
  };
  return { ...(await putJson(directory, manifest.mediaType, manifest)), platform };
}

const compress: Record<LayoutCompression, (layer: Uint8Array) => Uint8Array> = {
  gzip: (layer) => gzipSync(layer, { level: 6 }),
  zstd: (layer) => zstdCompressSync(layer),
  none: (layer) => layer,
};

/** Writes a nested index over these entries. */
export function writeNestedIndex(
  directory: string,
  manifests: readonly LayoutDescriptor[],
): Promise<LayoutDescriptor> {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return putJson(directory, mediaType, { schemaVersion: 2, mediaType, manifests });
}

export function putJson(
  directory: string,
  mediaType: string,
  value: unknown,
): Promise<LayoutDescriptor> {
  return putBlob(directory, mediaType, Buffer.from(JSON.stringify(value)));
}

export async function putBlob(
  directory: string,
  mediaType: string,
  bytes: Uint8Array,
): Promise<LayoutDescriptor> {
  const digest = sha256(bytes);
  const blobs = join(directory, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, digest.slice("sha256:".length)), bytes);
  return { mediaType, digest, size: bytes.length };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
