// Names of files that belong to one process, so that others can tell when nobody needs them any more.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { isSameProcess, ticksOfStat } from "#helper/sandbox/processes.ts";
import { ifMissing } from "./missing.ts";

const staleAfterMs = 24 * 60 * 60 * 1000;

/** A part of a file name that is unique and says who made it. */
export function ownerTag(): string {
  return `${hostTag()}-${process.pid}-${ownTicks()}-${randomBytes(8).toString("hex")}`;
}

/** When this process started; 0 where that cannot be told at once. */
function ownTicks(): number {
  if (process.platform !== "linux") return 0;
  ticks ??= ticksOfStat(readFileSync("/proc/self/stat", "utf8")) ?? 0;
  return ticks;
}

let ticks: number | undefined;

/** Whether the file with this tag in its name was left by a process that no longer runs. */
export async function isAbandoned(path: string, tag: string): Promise<boolean> {
  const [, host, pid, startTicks] = /^([0-9a-f]{8})-(\d+)-(?:(\d+)-)?[0-9a-f]+$/.exec(tag) ?? [];
  if (host === undefined) return false;
  if (host === hostTag() && !(await isRunning(Number(pid), Number(startTicks ?? 0)))) return true;
  const stats = await stat(path).catch(ifMissing(undefined));
  return stats !== undefined && Date.now() - stats.mtimeMs > staleAfterMs;
}

/** After a reboot, an id soon belongs to another process. */
async function isRunning(pid: number, startTicks: number): Promise<boolean> {
  if (startTicks > 0) return await isSameProcess({ name: "", pid, startTicks });
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// The cache may lie in a home directory shared by several machines.
function hostTag(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}
