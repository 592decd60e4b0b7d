import { join } from "node:path";
import { cacheDir } from "../paths.ts";

/** Snapshots of base machines, one directory for each key. */
export function warmDir(): string {
  return join(cacheDir(), "warm");
}

export function snapshotDir(key: string): string {
  return join(warmDir(), key);
}

/** Where one process builds or takes apart a snapshot. */
export function draftDir(key: string, tag: string): string {
  return join(warmDir(), `${key}.${tag}.tmp`);
}

/** Key and maker's tag in the name of a draft. */
export const draftName = /^([0-9a-f]{64})\.(.+)\.tmp$/;
export const snapshotName = /^[0-9a-f]{64}$/;
export const failuresName = /^[0-9a-f]{64}\.failures\.json$/;

export function failuresFile(key: string): string {
  return join(warmDir(), `${key}.failures.json`);
}

export function hashesFile(): string {
  return join(warmDir(), "hashes.json");
}
