import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isDigest } from "#core/oci/digest.ts";
import { formatNamed, type NamedReference } from "#core/oci/reference.ts";
import { cacheDir } from "#helper/paths.ts";
import { readJsonFile, writeJsonFile } from "./jsonFile.ts";

const digest = z.string().refine(isDigest);

const tagSchema = z.object({
  format: z.literal(1),
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
});

/** What a tag stood for when its image was pulled, and stands for now. */
export type TagRecord = z.infer<typeof tagSchema>;

export function readTag(name: NamedReference): Promise<TagRecord | undefined> {
  return readJsonFile(tagPath(formatNamed(name)), tagSchema);
}

export async function writeTag(
  name: NamedReference,
  record: Pick<TagRecord, "digest" | "listedDigest" | "newerDigest">,
): Promise<void> {
  const full = formatNamed(name);
  const checkedAt = new Date().toISOString();
  await writeJsonFile(tagPath(full), { format: 1, name: full, checkedAt, ...record });
}

export async function listTags(): Promise<TagRecord[]> {
  const names = await readdir(tagsDir()).catch(() => []);
  const tags = names.map((name) => readJsonFile(join(tagsDir(), name), tagSchema));
  return (await Promise.all(tags)).filter((tag) => tag !== undefined);
}

/** Forgets the tags of an image that is not stored any more. */
export async function removeTags(imageDigest: string): Promise<void> {
  for (const tag of await listTags()) {
    if (tag.digest === imageDigest) await rm(tagPath(tag.name), { force: true });
  }
}

/** Images differ by the machine they are for, so a home directory on several machines works. */
function tagPath(full: string): string {
  const hash = createHash("sha256").update(`${process.arch} ${full}`).digest("hex");
  return join(tagsDir(), `${hash.slice(0, 32)}.json`);
}

function tagsDir(): string {
  return join(cacheDir(), "tags");
}
