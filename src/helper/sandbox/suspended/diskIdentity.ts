import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import * as z from "zod";
import { ifMissing } from "#helper/files/missing.ts";

/** By which a disk is known to be the one that a suspended machine still has in memory. */
export const diskIdentitySchema = z.object({
  inode: z.string(),
  sizeBytes: z.string(),
  /** Time of the last change, in nanoseconds. */
  changedNs: z.string(),
  /** Digest of the part that has the superblock, which every other machine would have changed. */
  headSha256: z.string(),
});

export type DiskIdentity = z.infer<typeof diskIdentitySchema>;

const headBytes = 64 * 1024;

/** The identity of a disk that nothing writes to. What was written before is on the medium afterwards. */
export async function diskIdentity(path: string): Promise<DiskIdentity> {
  const file = await open(path, "r");
  try {
    await file.sync();
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    const { ino, size, mtimeNs } = await file.stat({ bigint: true });
    return {
      inode: String(ino),
      sizeBytes: String(size),
      changedNs: String(mtimeNs),
      headSha256: createHash("sha256").update(head.subarray(0, bytesRead)).digest("hex"),
    };
  } finally {
    await file.close();
  }
}

/** Whether the disk is as it was left. Throws when it cannot be looked at, which says nothing about it. */
export async function isSameDisk(path: string, known: DiskIdentity): Promise<boolean> {
  const now = await diskIdentity(path).catch(ifMissing(undefined));
  if (now === undefined) return false;
  return Object.entries(known).every(([key, value]) => now[key as keyof DiskIdentity] === value);
}
