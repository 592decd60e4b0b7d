import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { digestHex } from "#core/oci/digest.ts";
import { type Descriptor, maxDocumentBytes, parseIndex } from "#core/oci/documents.ts";
import { blobMismatch, imageNotFound } from "../errors.ts";
import { ownFileBytes } from "../fileBytes.ts";
import type { ImageSource, ImageSourceName } from "../source.ts";

const refName = "org.opencontainers.image.ref.name";

export type LayoutReference = {
  readonly source: ImageSourceName;
  /** Absolute. */
  readonly directory: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

/** An OCI image layout in a directory. */
export function layoutSource(reference: LayoutReference): ImageSource {
  const openBlob = (descriptor: Descriptor) => openLayoutBlob(reference.directory, descriptor);
  return {
    name: reference.source,
    find: async () => {
      const { directory: place, tag, digest } = reference;
      return selectEntries(await readIndex(place), { place, tag, digest, transport: "oci" });
    },
    openDocument: openBlob,
    openLayer: openBlob,
  };
}

async function readIndex(directory: string): Promise<Descriptor[]> {
  const handle = await openFile(join(directory, "index.json")).catch((cause: unknown) => {
    if (errorCode(cause) !== "ENOENT" && errorCode(cause) !== "ENOTDIR") throw cause;
    throw imageNotFound(directory, "there is no OCI image layout (no index.json)");
  });
  try {
    const { size } = await handle.stat();
    if (size > maxDocumentBytes) throw blobMismatch("index.json is too large");
    return parseIndex(await handle.readFile("utf8")).manifests;
  } finally {
    await handle.close();
  }
}

export type EntrySelection = {
  /** Path of the layout or archive, for messages. */
  readonly place: string;
  readonly transport: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

/** The entries of a layout's index that are meant; without tag and digest, the only or latest image. */
export function selectEntries(entries: Descriptor[], selection: EntrySelection): Descriptor[] {
  const { place, transport, tag, digest } = selection;
  if (digest !== undefined) {
    const found = entries.find((entry) => entry.digest === digest);
    if (found === undefined) throw imageNotFound(place, `it has no image ${digest}`);
    return [found];
  }
  if (tag !== undefined) return withTag(entries, tag, place);
  if (entries.length === 0) throw imageNotFound(place, "the OCI image layout is empty");
  const names = tagsOf(entries);
  if (names.length === 0) return entries;
  const [only] = names;
  if (only !== undefined && names.length === 1) return withTag(entries, only, place);
  if (names.includes("latest")) return withTag(entries, "latest", place);
  const hint = `Write ${transport}:${place}:<tag>.`;
  throw imageNotFound(place, `it has several images: ${names.join(", ")}`, hint);
}

function withTag(entries: Descriptor[], tag: string, directory: string): Descriptor[] {
  // Some tools write the whole name into the annotation instead of the tag alone.
  const found = entries.filter((entry) => {
    const name = entry.annotations?.[refName];
    return name === tag || name?.endsWith(`:${tag}`);
  });
  if (found.length > 0) return found;
  const names = tagsOf(entries);
  const has = names.length > 0 ? `; it has ${names.join(", ")}` : "";
  throw imageNotFound(directory, `it has no image with the tag ${tag}${has}`);
}

function tagsOf(entries: Descriptor[]): string[] {
  const names = entries.map((entry) => entry.annotations?.[refName]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

async function openLayoutBlob(
  directory: string,
  descriptor: Descriptor,
): Promise<AsyncIterable<Uint8Array>> {
  const path = join(directory, "blobs", "sha256", digestHex(descriptor.digest));
  const handle = await openFile(path).catch((cause: unknown) => {
    if (errorCode(cause) !== "ENOENT") throw cause;
    throw imageNotFound(directory, `the blob ${descriptor.digest} is missing`);
  });
  return ownFileBytes(handle);
}

// Not blocking: what stands in the place of a blob may be a pipe that nobody writes to.
async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw blobMismatch(`${path} is not a file`);
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
