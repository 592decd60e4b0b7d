import { constants, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { execa } from "execa";
import { SandboxError } from "./errors.ts";
import type { Project } from "./project.ts";

/** Exit code of flock(1) when another process holds the lock. */
export const lockTakenExitCode = 75;

/**
 * The command that takes the sandbox's lock and becomes `command` while holding it. It is a lock of
 * the operating system on the open file, so it ends with the process however that dies, and no
 * process id has to be believed. Half a second of patience lets a mere question (below) pass.
 */
export function lockedCommand(project: Project, command: readonly string[]): string[] {
  if (process.platform !== "linux") return [...command];
  const code = String(lockTakenExitCode);
  const options = ["--timeout", "0.5", "--no-fork", "--conflict-exit-code", code];
  return ["flock", ...options, project.lockFile, ...command];
}

/** Flags of open(2) on macOS that take the lock with the file; Node has no names for them. */
const macOpenLocked = 0x20 | 0x4 | constants.O_RDWR | constants.O_CREAT;

/** Takes the lock inside the supervisor where no program does it before (macOS). */
export async function holdLock(project: Project): Promise<void> {
  if (process.platform !== "darwin") return;
  try {
    // Never closed: the lock lives as long as this process.
    heldLocks.push(await open(project.lockFile, macOpenLocked, 0o600));
  } catch (error) {
    throw new SandboxError("running", "The sandbox of this directory is already running.", {
      cause: error,
    });
  }
}

const heldLocks: unknown[] = [];

/** Whether a supervisor holds the sandbox's lock. */
export async function isLocked(project: Project): Promise<boolean> {
  if (!existsSync(project.lockFile)) return false;
  if (process.platform === "darwin") return isLockedOnMac(project);
  const options = ["--shared", "--nonblock", "--conflict-exit-code", String(lockTakenExitCode)];
  const asked = await execa("flock", [...options, project.lockFile, "true"], {
    reject: false,
    timeout: 5_000,
  });
  if (asked.exitCode === undefined) {
    throw new SandboxError("lock", "The program flock cannot be run.", {
      hint: "Install the package util-linux.",
      cause: asked.cause,
    });
  }
  return asked.exitCode === lockTakenExitCode;
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
