import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { digestHex } from "#core/oci/digest.ts";
import { ifMissing } from "#helper/files/missing.ts";
import { isAbandoned, ownerTag } from "#helper/files/owner.ts";
import { cacheDir } from "#helper/paths.ts";

const partSuffix = ".part";
const keepMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Files that blobs are fetched into: `<hex>.part` belongs to nobody, `<hex>-<owner>` to one process.
 * Taking one is a rename, so no two processes ever write the same file.
 */
export async function takeBlobFile(digest: string): Promise<string> {
  const hex = digestHex(digest);
  await mkdir(blobsDir(), { recursive: true, mode: 0o700 });
  const own = join(blobsDir(), `${hex}-${ownerTag()}`);
  for (const name of [`${hex}${partSuffix}`, ...(await abandonedFiles(`${hex}-`))]) {
    const taken = await rename(join(blobsDir(), name), own).then(() => true, ifMissing(false));
    if (taken) break;
  }
  return own;
}

/** Leaves the file to whoever needs the blob next. */
export async function leaveBlobFile(path: string, digest: string): Promise<void> {
  await rename(path, join(blobsDir(), digestHex(digest) + partSuffix)).catch(ifMissing(undefined));
}

/** Removes what nobody fetched on for a week, or everything that nobody is fetching; gives the bytes. */
export async function removeBlobFiles(which: "old" | "unused"): Promise<number> {
  let freed = 0;
  const parts = (await listBlobs()).filter((name) => name.endsWith(partSuffix));
  for (const name of [...parts, ...(await abandonedFiles(""))]) {
    const path = join(blobsDir(), name);
    const stats = await stat(path).catch(ifMissing(undefined));
    if (stats === undefined) continue;
    if (which === "old" && Date.now() - stats.mtimeMs < keepMs) continue;
    await rm(path, { force: true });
    freed += stats.blocks * 512;
  }
  return freed;
}

async function abandonedFiles(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await listBlobs()) {
    const match = /^[0-9a-f]{64}-(.+)$/.exec(name);
    if (match?.[1] === undefined || !name.startsWith(prefix)) continue;
    if (await isAbandoned(join(blobsDir(), name), match[1])) found.push(name);
  }
  return found;
}

function listBlobs(): Promise<string[]> {
  return readdir(blobsDir()).catch(ifMissing([]));
}

function blobsDir(): string {
  return join(cacheDir(), "blobs");
}
