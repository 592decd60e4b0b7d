import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { digestHex, isDigest } from "#core/oci/digest.ts";
import type { ImageConfig } from "#core/oci/documents.ts";
import { ifMissing } from "#helper/files/missing.ts";
import { isAbandoned, ownerTag } from "#helper/files/owner.ts";
import { cacheDir } from "#helper/paths.ts";
import { FileSink } from "./fileSink.ts";
import { type ImageSourceName, imageSourceNames } from "./source.ts";

/** Goes up whenever images are written differently; older ones are then made again. */
const formatVersion = 1;
const stagingPrefix = "staging-";
const maxRecordBytes = 4 << 20;

export type StoredImage = {
  name: string;
  /** Of the platform manifest. */
  digest: string;
  source: ImageSourceName;
  /** Absolute path of the EROFS file. */
  path: string;
  sizeBytes: number;
  config: ImageConfig;
};

export type ListedImage = {
  name: string;
  digest: string;
  source: ImageSourceName;
  sizeBytes: number;
  createdAt: Date;
  lastUsedAt: Date;
};

const record = z.object({
  formatVersion: z.literal(formatVersion),
  name: z.string(),
  digest: z.string().refine(isDigest),
  source: z.enum(imageSourceNames),
  sizeBytes: z.int().positive(),
  createdAt: z.iso.datetime(),
  config: z.object({
    user: z.string(),
    env: z.array(z.string()),
    entrypoint: z.array(z.string()),
    cmd: z.array(z.string()),
    workingDir: z.string(),
    labels: z.record(z.string(), z.string()),
    stopSignal: z.string(),
  }),
});

type ImageRecord = z.infer<typeof record>;

/** The stored image of this digest, if it is complete. */
export async function findImage(digest: string): Promise<StoredImage | undefined> {
  const found = await readRecord(digestHex(digest));
  if (found === undefined || found.record.digest !== digest) return undefined;
  const { name, source, sizeBytes, config } = found.record;
  return { name, digest, source, sizeBytes, config, path: imagePath(digest) };
}

export async function listImages(): Promise<ListedImage[]> {
  const names = await readdir(storeDir()).catch(ifMissing([]));
  const images: ListedImage[] = [];
  for (const fileName of names) {
    const hex = /^([0-9a-f]{64})\.json$/.exec(fileName)?.[1];
    const found = hex === undefined ? undefined : await readRecord(hex);
    if (found === undefined) continue;
    const { name, digest, source, sizeBytes, createdAt } = found.record;
    const times = { createdAt: new Date(createdAt), lastUsedAt: found.lastUsedAt };
    images.push({ name, digest, source, sizeBytes, ...times });
  }
  return images.sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
}

/** Notes that the image is in use under this name. */
export async function touchImage(image: StoredImage, name: string): Promise<StoredImage> {
  const found = await readRecord(digestHex(image.digest));
  if (found !== undefined && found.record.name !== name) {
    await writeRecord({ ...found.record, name });
  } else {
    const now = new Date();
    await utimes(recordPath(digestHex(image.digest)), now, now);
  }
  return { ...image, name };
}

/**
 * Adds an image: `fill` writes it into a staging file, which takes its place only when complete. Two
 * processes that add the same image both do the work, and the later one replaces an equal file.
 */
export async function addImage(
  image: Pick<StoredImage, "name" | "digest" | "source" | "config">,
  fill: (sink: FileSink) => Promise<void>,
): Promise<StoredImage> {
  await mkdir(storeDir(), { recursive: true });
  await removeStaleFiles();
  const staging = stagingPath();
  try {
    const handle = await open(staging, "wx", 0o600);
    let sizeBytes = 0;
    try {
      const sink = new FileSink(handle);
      await fill(sink);
      await sink.finish();
      sizeBytes = sink.sizeBytes;
    } finally {
      await handle.close();
    }
    await rename(staging, imagePath(image.digest));
    const { name, digest, source, config } = image;
    const createdAt = new Date().toISOString();
    await writeRecord({ formatVersion, name, digest, source, sizeBytes, createdAt, config });
    return { ...image, sizeBytes, path: imagePath(digest) };
  } finally {
    await rm(staging, { force: true });
  }
}

/** Deletes an image. A machine that runs from it keeps its file open and is not disturbed. */
export async function deleteImage(digest: string): Promise<void> {
  await rm(recordPath(digestHex(digest)), { force: true });
  await rm(imagePath(digest), { force: true });
}

/** Files that belong to no image and that nobody is about to make one of: what they take on disk. */
export async function listOrphans(youngMs: number): Promise<{ path: string; sizeBytes: number }[]> {
  const orphans: { path: string; sizeBytes: number }[] = [];
  for (const name of await readdir(storeDir()).catch(ifMissing([]))) {
    const hex = /^([0-9a-f]{64})\.(?:erofs|json)$/.exec(name)?.[1];
    if (hex === undefined || (await isInUse(hex))) continue;
    const path = join(storeDir(), name);
    const stats = await stat(path).catch(ifMissing(undefined));
    if (stats === undefined || Date.now() - stats.mtimeMs < youngMs) continue;
    orphans.push({ path, sizeBytes: stats.blocks * 512 });
  }
  return orphans;
}

/** An image of this Airlock, or of a newer one that shares the store. */
async function isInUse(hex: string): Promise<boolean> {
  if ((await readRecord(hex)) !== undefined) return true;
  const text = await readFile(recordPath(hex), "utf8").catch(ifMissing(""));
  const other = z.looseObject({ formatVersion: z.number() }).safeParse(parseJson(text));
  return other.success && other.data.formatVersion > formatVersion;
}

async function readRecord(hex: string) {
  const path = recordPath(hex);
  const stats = await stat(path).catch(ifMissing(undefined));
  if (stats === undefined || stats.size > maxRecordBytes) return undefined;
  const parsed = record.safeParse(parseJson(await readFile(path, "utf8").catch(ifMissing(""))));
  if (!parsed.success) return undefined;
  const image = await stat(imagePath(parsed.data.digest)).catch(ifMissing(undefined));
  if (image?.size !== parsed.data.sizeBytes) return undefined;
  return { record: parsed.data, lastUsedAt: stats.mtime };
}

async function writeRecord(data: ImageRecord): Promise<void> {
  const staging = stagingPath();
  try {
    const handle = await open(staging, "wx", 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(data, undefined, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(staging, recordPath(digestHex(data.digest)));
  } finally {
    await rm(staging, { force: true });
  }
}

/** Removes what processes that no longer run left behind, and nobody else's work. */
async function removeStaleFiles(): Promise<void> {
  for (const name of await readdir(storeDir())) {
    if (!name.startsWith(stagingPrefix)) continue;
    const path = join(storeDir(), name);
    if (await isAbandoned(path, name.slice(stagingPrefix.length))) await rm(path, { force: true });
  }
}

function stagingPath(): string {
  return join(storeDir(), stagingPrefix + ownerTag());
}

function storeDir(): string {
  return join(cacheDir(), "images");
}

function imagePath(digest: string): string {
  return join(storeDir(), `${digestHex(digest)}.erofs`);
}

function recordPath(hex: string): string {
  return join(storeDir(), `${hex}.json`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A damaged record means that the image is made again.
    return undefined;
  }
}
