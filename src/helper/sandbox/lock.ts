import { constants, existsSync } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { flock } from "#helper/files/flock.ts";
import { alreadyRunning, SandboxError } from "./errors.ts";
import type { Project } from "./project.ts";

/** Exit code of flock(1) when another process holds the lock. */
const lockTakenExitCode = 75;

/**
 * Takes the sandbox's lock for the life of this process. It is a lock of the operating system on the
 * open file, so it ends with the process however that dies, and no process id has to be believed.
 * The patience lets a mere question (below) pass, and a supervisor that is just ending, on a busy computer.
 */
export async function holdLock(project: Project): Promise<void> {
  for (;;) {
    const file = await openLocked(project);
    heldLocks.push(file);
    if (await isStillThere(file, project)) return;
    // Whoever had the lock before has deleted the sandbox: this is the lock of nothing.
    heldLocks.pop();
    await file.close();
  }
}

async function openLocked({ lockFile }: Project): Promise<FileHandle> {
  if (process.platform === "darwin") {
    return await open(lockFile, macOpenLocked, 0o600).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EAGAIN" ? alreadyRunning() : error;
    });
  }
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants;
  const file = await open(lockFile, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  // The lock belongs to what we have opened, so it stays when the program that asked for it ends.
  const patience = ["--timeout", String(holdPatienceMs / 1000)];
  if (await lockOpen(patience, file, holdPatienceMs)) return file;
  await file.close();
  throw alreadyRunning();
}

async function isStillThere(file: FileHandle, { lockFile }: Project): Promise<boolean> {
  const [held, named] = await Promise.all([file.stat(), lstat(lockFile).catch(() => undefined)]);
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

const holdPatienceMs = 5_000;

/** Never closed, and never collected. */
const heldLocks: FileHandle[] = [];

/** Flags of open(2) on macOS that take the lock with the file; Node has no names for them. */
const macOpenLocked = 0x20 | 0x4 | constants.O_RDWR | constants.O_CREAT;

/** Whether a supervisor holds the sandbox's lock. */
export async function isLocked(project: Project): Promise<boolean> {
  if (!existsSync(project.lockFile)) return false;
  if (process.platform === "darwin") return isLockedOnMac(project);
  return !(await shareLock(project, 0));
}

/** Waits until no supervisor holds the lock; false when it still does after `patienceMs`. */
export async function isFreed(project: Project, patienceMs: number): Promise<boolean> {
  if (!existsSync(project.lockFile)) return true;
  if (process.platform !== "darwin") return await shareLock(project, patienceMs);
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 50) {
    if (!(await isLockedOnMac(project))) return true;
    await sleep(50);
  }
  return false;
}

/** Has the lock for a moment, as any number of askers can at once. */
async function shareLock(project: Project, patienceMs: number): Promise<boolean> {
  const file = await open(project.lockFile, constants.O_RDONLY);
  try {
    return await lockOpen(["--shared", "--timeout", String(patienceMs / 1000)], file, patienceMs);
  } finally {
    await file.close();
  }
}

async function isLockedOnMac(project: Project): Promise<boolean> {
  try {
    const file = await open(project.lockFile, macOpenLocked, 0o600);
    await file.close();
    return false;
  } catch {
    // The only thing that can be wrong with an existing file of ours is that it is locked.
    return true;
  }
}

/** Locks an open file of ours, or says that somebody else has it locked. */
async function lockOpen(
  options: readonly string[],
  file: FileHandle,
  patienceMs = 0,
): Promise<boolean> {
  const words = [...options, "--conflict-exit-code", String(lockTakenExitCode)];
  const code = await flock(file, { options: words, timeoutMs: patienceMs + 5_000 }).catch(unusable);
  if (code === 0) return true;
  if (code === lockTakenExitCode) return false;
  return unusable(new Error(`it ended with ${code ?? "a signal"}`));
}

function unusable(cause: unknown): never {
  throw new SandboxError("lock", "The program flock cannot be run.", {
    hint: "Install the package util-linux.",
    cause,
  });
}
