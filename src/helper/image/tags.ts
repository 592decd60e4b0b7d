import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isDigest } from "#core/oci/digest.ts";
import { formatNamed, type NamedReference } from "#core/oci/reference.ts";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
import { cacheDir } from "#helper/paths.ts";

const digest = z.string().refine(isDigest);

const tagSchema = z.object({
  format: z.literal(1),
  /** Who was asked what the name stands for. */
  place: z.enum(["registry", "docker", "archive"]).default("registry"),
  /** The reference in full. */
  name: z.string(),
  /** Digest of the platform's manifest: the image in the store. */
  digest,
  /** What the registry itself calls the tag's digest: that of the index, where there is one. */
  listedDigest: digest,
  /** When the registry was last asked. */
  checkedAt: z.iso.datetime(),
  /** What the tag stood for then, when it had moved. */
  newerDigest: digest.optional(),
  /** What shows that a file is still the one that was read. */
  stamp: z.string().optional(),
});

/** What a tag stood for when its image was pulled, and stands for now. */
export type TagRecord = z.infer<typeof tagSchema>;

/** What a registry said about the tag when it was pulled. */
export function readTag(name: NamedReference): Promise<TagRecord | undefined> {
  return read({ place: "registry", name: formatNamed(name) });
}

export async function writeTag(
  name: NamedReference,
  record: Pick<TagRecord, "digest" | "listedDigest" | "newerDigest">,
): Promise<void> {
  await write({ place: "registry", name: formatNamed(name), ...record });
}

/** The image that a Docker daemon had under this name when it was last asked. */
export async function daemonDigest(name: NamedReference): Promise<string | undefined> {
  return (await read({ place: "docker", name: formatNamed(name) }))?.digest;
}

export async function noteDaemonDigest(name: NamedReference, imageDigest: string): Promise<void> {
  const key = { place: "docker", name: formatNamed(name) } as const;
  if ((await read(key))?.digest === imageDigest) return;
  await write({ ...key, digest: imageDigest, listedDigest: imageDigest });
}

/** The image that was made from an archive file, if the file is still the same. */
export async function archiveDigest(name: string, stamp: string): Promise<string | undefined> {
  const known = await read({ place: "archive", name });
  return known?.stamp === stamp ? known.digest : undefined;
}

export async function noteArchiveDigest(
  name: string,
  { stamp, digest: imageDigest }: { stamp: string; digest: string },
): Promise<void> {
  await write({ place: "archive", name, stamp, digest: imageDigest, listedDigest: imageDigest });
}

type TagKey = Pick<TagRecord, "place" | "name">;

function read(key: TagKey): Promise<TagRecord | undefined> {
  return readJsonFile(tagPath(key), tagSchema);
}

async function write(record: Omit<TagRecord, "format" | "checkedAt">): Promise<void> {
  const checkedAt = new Date().toISOString();
  await writeJsonFile(tagPath(record), { format: 1, checkedAt, ...record });
}

export async function listTags(): Promise<TagRecord[]> {
  const names = await readdir(tagsDir()).catch(() => []);
  const tags = names.map((name) => readJsonFile(join(tagsDir(), name), tagSchema));
  return (await Promise.all(tags)).filter((tag) => tag !== undefined);
}

/** Forgets the tags of an image that is not stored any more. */
export async function removeTags(imageDigest: string): Promise<void> {
  for (const tag of await listTags()) {
    if (tag.digest === imageDigest) await rm(tagPath(tag), { force: true });
  }
}

/** Images differ by the machine they are for, so a home directory on several machines works. */
function tagPath({ place, name }: TagKey): string {
  const key = place === "registry" ? name : `${place} ${name}`;
  const hash = createHash("sha256").update(`${process.arch} ${key}`).digest("hex");
  return join(tagsDir(), `${hash.slice(0, 32)}.json`);
}

function tagsDir(): string {
  return join(cacheDir(), "tags");
}
