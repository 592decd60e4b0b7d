import { constants } from "node:fs";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { digestHex } from "#core/oci/digest.ts";
import { flock } from "#helper/files/flock.ts";
import { cacheDir } from "#helper/paths.ts";
import type { ImageProgress } from "./progress.ts";

const pollMs = 250;
const shareEveryMs = 500;

export type PullOptions = {
  readonly signal: AbortSignal;
  /** What the process that does the work tells while this one waits. */
  readonly onFollow: (progress: ImageProgress) => void;
};

/**
 * Runs `work` while no other process works on the same image. `share` shows those that wait how far it
 * is. The lock is the operating system's, so it ends with the process however that dies.
 */
export async function withPullLock<T>(
  digest: string,
  { signal, onFollow }: PullOptions,
  work: (share: (progress: ImageProgress) => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  await mkdir(pullsDir(), { recursive: true, mode: 0o700 });
  const lockFile = join(pullsDir(), `${digestHex(digest)}.lock`);
  const shareFile = join(pullsDir(), `${digestHex(digest)}.json`);
  const lock = await waitForLock(lockFile, signal, async () => {
    const progress = await readShared(shareFile);
    if (progress !== undefined) onFollow(progress);
  });
  const sharing = shareInto(shareFile);
  try {
    return await work(sharing.share);
  } finally {
    await sharing.end();
    await lock.release();
  }
}

type Lock = { release(): Promise<void> };

async function waitForLock(
  path: string,
  signal: AbortSignal,
  whileWaiting: () => Promise<void>,
): Promise<Lock> {
  const taking =
    process.platform === "darwin" ? lockOnMac(path, signal) : lockByFlock(path, signal);
  let settled = false;
  const done = taking.finally(() => {
    settled = true;
  });
  done.catch(() => undefined);
  for (;;) {
    await Promise.race([done, delay(pollMs, undefined, { ref: false })]).catch(() => undefined);
    if (settled) return await done;
    await whileWaiting();
  }
}

/** The lock belongs to what we have opened, so it stays when the program that asked for it has ended. */
async function lockByFlock(path: string, signal: AbortSignal): Promise<Lock> {
  const file = await open(path, "a", 0o600);
  try {
    // Without options: that of busybox knows next to none. Without such a program the work is done
    // twice, no worse.
    await flock(file, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    return { release: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Flags of open(2) on macOS that take the lock with the file; Node has no names for them. */
const macOpenLocked = 0x20 | 0x4 | constants.O_RDWR | constants.O_CREAT;

async function lockOnMac(path: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    signal.throwIfAborted();
    const handle = await open(path, macOpenLocked, 0o600).catch(() => undefined);
    if (handle !== undefined) return { release: () => handle.close() };
    await delay(pollMs, undefined, { signal });
  }
}

/** Writes the latest progress now and then. */
function shareInto(path: string) {
  let nextMs = 0;
  let writing: Promise<void> = Promise.resolve();
  const share = (progress: ImageProgress) => {
    const nowMs = performance.now();
    if (nowMs < nextMs) return;
    nextMs = nowMs + shareEveryMs;
    const draft = `${path}.tmp`;
    writing = writing
      .then(() => writeFile(draft, JSON.stringify(progress), { mode: 0o600 }))
      .then(() => rename(draft, path))
      // Only those that wait would miss it.
      .catch(() => undefined);
  };
  const end = async () => {
    await writing;
    await rm(path, { force: true });
  };
  return { share, end };
}

async function readShared(path: string): Promise<ImageProgress | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ImageProgress;
  } catch {
    // Not there yet, or gone again.
    return undefined;
  }
}

function pullsDir(): string {
  return join(cacheDir(), "pulls");
}
