import { createHash } from "node:crypto";
import { parseDiffIds, type SavedImage } from "#core/oci/docker/saved.ts";
import type { Descriptor } from "#core/oci/documents.ts";
import { badArchive, badManifest } from "#core/oci/errors.ts";
import { decompressed, isCompressed } from "../decompress.ts";
import { blobMismatch } from "../errors.ts";
import type { Archive, ArchiveFile } from "./archive.ts";
import { readArchiveText } from "./documents.ts";

const headBytes = 4;
const manifestType = "application/vnd.docker.distribution.manifest.v2+json";

/** The blobs that a registry would have for an image of a Docker archive. */
export type SavedBlobs = {
  /** Of a manifest made here: Docker's archives have none. */
  readonly manifest: Descriptor;
  readonly documents: ReadonlyMap<string, Buffer>;
  readonly layers: ReadonlyMap<string, ArchiveFile>;
};

export async function readSavedConfig(
  archive: Archive,
  { config }: SavedImage,
): Promise<{ text: string; digest: string }> {
  const text = await readArchiveText(archive, config);
  if (text === undefined) throw badArchive(`the image config ${config} is missing`);
  return { text, digest: sha256(Buffer.from(text)) };
}

/**
 * Describes the image as a registry would. The config is what the image is known by, so every layer
 * has to be one that the config names.
 */
export async function describeSaved(
  archive: Archive,
  image: SavedImage,
  signal: AbortSignal,
): Promise<SavedBlobs> {
  const config = await readSavedConfig(archive, image);
  const diffIds = parseDiffIds(config.text);
  if (diffIds.length !== image.layers.length) {
    const counts = `${image.layers.length} layers for the ${diffIds.length} of its config`;
    throw badManifest(`the archive has ${counts}`);
  }
  const files = new Map<string, ArchiveFile>();
  const layers: Descriptor[] = [];
  for (const [index, diffId] of diffIds.entries()) {
    const path = image.layers[index] ?? "";
    const file = archive.find(path);
    if (file === undefined) throw badArchive(`the layer ${path} is missing`);
    const descriptor = await describeLayer(file, diffId, { path, signal });
    files.set(descriptor.digest, file);
    layers.push(descriptor);
  }
  const documents = new Map<string, Buffer>();
  const put = (mediaType: string, text: string): Descriptor => {
    const bytes = Buffer.from(text);
    const digest = sha256(bytes);
    documents.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const described = put("application/vnd.docker.container.image.v1+json", config.text);
  const manifest = { schemaVersion: 2, mediaType: manifestType, config: described, layers };
  return { manifest: put(manifestType, JSON.stringify(manifest)), documents, layers: files };
}

/** A plain layer is named by its config, and checked while it is read; a compressed one is checked here. */
async function describeLayer(
  file: ArchiveFile,
  diffId: string,
  { path, signal }: { path: string; signal: AbortSignal },
): Promise<Descriptor> {
  const size = file.sizeBytes;
  if (!(await startsCompressed(file))) return { digest: diffId, size };
  const [stored, plain] = [createHash("sha256"), createHash("sha256")];
  for await (const chunk of decompressed(hashed(file.open(), stored))) {
    signal.throwIfAborted();
    plain.update(chunk);
  }
  const actual = `sha256:${plain.digest("hex")}`;
  if (actual !== diffId) throw blobMismatch(`the layer ${path} is ${actual}, not ${diffId}`);
  return { digest: `sha256:${stored.digest("hex")}`, size };
}

async function startsCompressed(file: ArchiveFile): Promise<boolean> {
  let head = Buffer.alloc(0);
  for await (const chunk of file.open()) {
    head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
    if (head.length >= headBytes) break;
  }
  return isCompressed(head);
}

async function* hashed(input: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of input) {
    hash.update(chunk);
    yield chunk;
  }
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
