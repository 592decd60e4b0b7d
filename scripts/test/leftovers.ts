// Finds the processes that a stage left running, by what the stage put into their environment.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The variable that marks every process of a run of the tests. */
export const runVariable = "AIRLOCK_TEST_RUN";

export type Leftover = { pid: number; command: string };

/**
 * The living processes of a run: those with its mark in the environment, and those that work in its
 * temporary directory, which also finds the ones that were started with a clean environment. On
 * systems without /proc it finds none.
 */
export function findLeftovers(runId: string, tempDir: string): Leftover[] {
  return processIds()
    .filter((pid) => pid !== process.pid && belongsTo(pid, runId, tempDir))
    .map((pid) => ({ pid, command: read(pid, "cmdline").replaceAll("\0", " ").trim() }))
    .filter(({ command }) => command !== "");
}

function processIds(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return []; // no /proc on this system
  }
}

function belongsTo(pid: number, runId: string, tempDir: string): boolean {
  if (read(pid, "environ").includes(`${runVariable}=${runId}`)) return true;
  return (
    `${workingDirectory(pid)}/`.startsWith(`${tempDir}/`) || read(pid, "cmdline").includes(tempDir)
  );
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // the process ended, or is another user's
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ""; // as above
  }
}
