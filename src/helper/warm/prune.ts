import { lstat, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isAbandoned } from "#helper/files/owner.ts";
import { savedFiles } from "../machine/state/saved.ts";
import { draftName, failuresName, snapshotDir, snapshotName, warmDir } from "./paths.ts";
import { removeSnapshot } from "./store.ts";

export type ListedSnapshot = {
  key: string;
  /** Bytes that it takes on the disk. */
  sizeBytes: number;
  lastUsedAt: Date;
};

const unusedMs = 30 * 24 * 60 * 60 * 1000;

/** The snapshots, the last used first. */
export async function listSnapshots(): Promise<ListedSnapshot[]> {
  const names = await warmNames();
  const found = await Promise.all(names.filter((name) => snapshotName.test(name)).map(describe));
  return found
    .filter((one) => one !== undefined)
    .sort((one, other) => other.lastUsedAt.getTime() - one.lastUsedAt.getTime());
}

export async function warmNames(): Promise<string[]> {
  return await readdir(warmDir()).catch(() => []);
}

/** Undefined for what somebody has just removed. */
async function describe(key: string): Promise<ListedSnapshot | undefined> {
  const directory = snapshotDir(key);
  try {
    const [memory, state, metadata] = await Promise.all([
      lstat(join(directory, savedFiles.memory)),
      lstat(join(directory, savedFiles.state)),
      lstat(join(directory, "metadata.json")),
    ]);
    const sizeBytes = (memory.blocks + state.blocks + metadata.blocks) * 512;
    return { key, sizeBytes, lastUsedAt: metadata.mtime };
  } catch {
    const stats = await stat(directory).catch(() => undefined);
    return stats && { key, sizeBytes: 0, lastUsedAt: new Date(0) };
  }
}

/** Removes drafts that nobody works on, and the longest unused snapshots beyond the size; never the newest. */
export async function pruneSnapshots(maxBytes: number): Promise<void> {
  await removeAbandoned();
  let total = 0;
  for (const [index, { key, sizeBytes, lastUsedAt }] of (await listSnapshots()).entries()) {
    total += sizeBytes;
    const isOld = Date.now() - lastUsedAt.getTime() > unusedMs;
    if (index > 0 && (total > maxBytes || isOld)) await removeSnapshot(key);
  }
}

/** Removes everything; gives what was removed. */
export async function removeAllSnapshots({ dryRun = false } = {}): Promise<ListedSnapshot[]> {
  const snapshots = await listSnapshots();
  if (dryRun) return snapshots;
  await removeAbandoned();
  for (const { key } of snapshots) await removeSnapshot(key);
  for (const name of await warmNames()) {
    if (failuresName.test(name)) await rm(join(warmDir(), name), { force: true });
  }
  return snapshots;
}

async function removeAbandoned(): Promise<void> {
  for (const name of await warmNames()) {
    const [, , tag] = draftName.exec(name) ?? [];
    const path = join(warmDir(), name);
    if (tag === undefined || !(await isAbandoned(path, tag))) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
