import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { isSameProcess, recordProcess } from "../../sandbox/processes.ts";

export type Reservation = {
  /** A directory of ours for the file. */
  directory: string;
  release(): Promise<void>;
};

const reservationName = /^(\d+)-(\d+)-[0-9a-f]+\.reserved$/;

/**
 * Reserves room in a file system in memory, which is as good as full for a machine whose memory does
 * not fit: it would die in the middle of its work. Filling the room in advance would take memory that the
 * guest does not use yet, so each machine leaves an empty file of its size, and all that are there count;
 * undefined when there is no room.
 */
export async function reserve(root: string, sizeBytes: number): Promise<Reservation | undefined> {
  const directory = join(root, `airlock-${process.getuid?.()}`);
  if (!(await isOurs(directory))) return undefined;
  const { startTicks } = await recordProcess("", process.pid);
  const name = `${process.pid}-${startTicks ?? 0}-${randomBytes(8).toString("hex")}.reserved`;
  const path = join(directory, name);
  const release = () => rm(path, { force: true });
  // Ours counts before the others are counted: of two at once, none can overlook the other.
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(sizeBytes);
  } finally {
    await file.close();
  }
  const { blocks, bfree, bsize } = await statfs(root);
  const usedBytes = (blocks - bfree) * bsize;
  if (usedBytes + (await reservedBytes(directory)) <= blocks * bsize) return { directory, release };
  await release();
  return undefined;
}

/** Everybody may make names in a shared directory, so what has ours need not be ours. */
async function isOurs(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") return false;
  }
  const stats = await lstat(directory).catch(() => undefined);
  if (stats === undefined || !stats.isDirectory()) return false;
  return stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
}

/** The reservations of processes that live; the others are removed. */
async function reservedBytes(directory: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(directory)) {
    const [, pid, startTicks] = reservationName.exec(name) ?? [];
    if (pid === undefined) continue;
    const owner = { name, pid: Number(pid), startTicks: Number(startTicks) };
    const path = join(directory, name);
    if (await isSameProcess(owner)) sum += (await lstat(path).catch(() => undefined))?.size ?? 0;
    else await rm(path, { force: true });
  }
  return sum;
}
