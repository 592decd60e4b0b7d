import { digestHex } from "#core/oci/digest.ts";
import {
  type Descriptor,
  maxDocumentBytes,
  parseIndex,
  parseIndexOrManifest,
} from "#core/oci/documents.ts";
import { isIndexType } from "#core/oci/mediaTypes.ts";
import { blobMismatch } from "../errors.ts";
import type { Archive, ArchiveFile } from "./archive.ts";

const maxIndexEntries = 200;

/** A small file of the archive, or undefined when there is none of this name. */
export async function readArchiveText(archive: Archive, path: string): Promise<string | undefined> {
  const file = archive.find(path);
  if (file === undefined) return undefined;
  if (file.sizeBytes > maxDocumentBytes) throw blobMismatch(`${path} is too large`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.open()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/** The entries of an OCI layout's index, or undefined when the archive is no OCI layout. */
export async function readArchiveIndex(archive: Archive): Promise<Descriptor[] | undefined> {
  const text = await readArchiveText(archive, "index.json");
  return text === undefined ? undefined : parseIndex(text).manifests;
}

export function findBlob(archive: Archive, digest: string): ArchiveFile | undefined {
  return archive.find(`blobs/sha256/${digestHex(digest)}`);
}

/** The manifest that has this config, where the archive is an OCI layout beside everything else. */
export async function findManifestOf(
  archive: Archive,
  configDigest: string,
): Promise<Descriptor | undefined> {
  const listed = (await readArchiveIndex(archive)) ?? [];
  for (const entry of listed.slice(0, maxIndexEntries)) {
    const found = await manifestWithin(archive, entry, configDigest);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function manifestWithin(
  archive: Archive,
  entry: Descriptor,
  configDigest: string,
): Promise<Descriptor | undefined> {
  const candidates = isIndexType(entry.mediaType) ? await entriesOf(archive, entry) : [entry];
  for (const candidate of candidates) {
    const document = await readBlobText(archive, candidate);
    if (document === undefined) continue;
    const parsed = parseIndexOrManifest(document, candidate.mediaType);
    if ("manifest" in parsed && parsed.manifest.config.digest === configDigest) return candidate;
  }
  return undefined;
}

async function entriesOf(archive: Archive, index: Descriptor): Promise<Descriptor[]> {
  const document = await readBlobText(archive, index);
  if (document === undefined) return [];
  const parsed = parseIndexOrManifest(document, index.mediaType);
  return "index" in parsed ? parsed.index.manifests.slice(0, maxIndexEntries) : [];
}

// An export holds only the blobs of one platform; those of the others are named but missing.
async function readBlobText(archive: Archive, entry: Descriptor): Promise<string | undefined> {
  return readArchiveText(archive, `blobs/sha256/${digestHex(entry.digest)}`);
}
