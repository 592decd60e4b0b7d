import { rm } from "node:fs/promises";
import { ImageError } from "./errors.ts";
import { imageUsers } from "./projects.ts";
import { removeBlobFiles } from "./registry/blobFiles.ts";
import { deleteImage, type ListedImage, listImages, listOrphans } from "./store.ts";
import { listTags, removeTags, type TagRecord } from "./tags.ts";

/** What was only just prepared may be about to be used by a start that has not said so yet. */
const youngMs = 10 * 60 * 1000;

export type ImageUse = ListedImage & {
  /** Directories of the projects that use it. */
  usedBy: string[];
  /** Names it was pulled by. */
  tags: string[];
};

export type Removal = { removed: ImageUse[]; freedBytes: number };

/** The stored images with their users. */
export async function listImageUses(): Promise<ImageUse[]> {
  const [images, users, tags] = await Promise.all([listImages(), imageUsers(), listTags()]);
  return images.map((image) => ({
    ...image,
    usedBy: users.get(image.digest) ?? [],
    tags: namesOf(tags.filter(({ digest }) => digest === image.digest)),
  }));
}

function namesOf(tags: readonly TagRecord[]): string[] {
  return [...new Set(tags.map(({ name }) => name))];
}

/** The stored image of this name, tag or (part of a) digest. */
export async function findImageUse(text: string): Promise<ImageUse> {
  const images = await listImageUses();
  const bare = text.replace(/^sha256:/, "");
  const byDigest = /^[0-9a-f]{6,64}$/.test(bare)
    ? images.filter(({ digest }) => digest.startsWith(`sha256:${bare}`))
    : [];
  const found =
    byDigest.length > 0
      ? byDigest
      : images.filter(({ name, tags }) => name === text || tags.includes(text));
  const [image, another] = found;
  if (image === undefined) throw new ImageError("not-found", `no image ${text} is stored`);
  if (another !== undefined) {
    throw new ImageError("reference", `${text} means ${found.length} images`, {
      hint: "Write the digest as `airlock image ls` shows it.",
    });
  }
  return image;
}

/** Deletes what no project uses, what was left of pulls that were given up, and what is no image any more. */
export async function pruneImages({ dryRun }: { dryRun: boolean }): Promise<Removal> {
  const unused = (await listImageUses()).filter(
    ({ usedBy, lastUsedAt }) => usedBy.length === 0 && Date.now() - lastUsedAt.getTime() > youngMs,
  );
  let freedBytes = dryRun ? 0 : await removeBlobFiles("unused");
  for (const { path, sizeBytes } of await listOrphans(youngMs)) {
    freedBytes += sizeBytes;
    if (!dryRun) await rm(path, { force: true });
  }
  for (const image of unused) {
    freedBytes += image.sizeBytes;
    if (!dryRun) await deleteWithTags(image.digest);
  }
  return { removed: unused, freedBytes };
}

/** Deletes one image, which then has to be pulled again by whoever uses it. */
export async function removeImage(text: string, { force }: { force: boolean }): Promise<ImageUse> {
  const image = await findImageUse(text);
  if (image.usedBy.length > 0 && !force) {
    throw new ImageError("in-use", `${image.name} is used by ${image.usedBy.join(", ")}`, {
      hint: "Remove those sandboxes with `airlock rm`, or say --force: the image is then pulled again at their next start.",
    });
  }
  await deleteWithTags(image.digest);
  return image;
}

async function deleteWithTags(digest: string): Promise<void> {
  await deleteImage(digest);
  await removeTags(digest);
}
