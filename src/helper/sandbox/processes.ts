import { readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { runProgram } from "#helper/machine/program.ts";
import type { Project } from "./project.ts";

/** A process of a sandbox, recorded so that a later start can end what a killed supervisor left. */
export type ProcessRecord = {
  name: string;
  pid: number;
  /** Its start, in clock ticks since the host's boot or seconds since the epoch: a reused id has another. */
  startTicks: number | null;
};

export async function recordProcess(name: string, pid: number): Promise<ProcessRecord> {
  return { name, pid, startTicks: await startTicks(pid) };
}

/** Whether the very process that was recorded still runs (a zombie does not). */
export async function isSameProcess(record: ProcessRecord): Promise<boolean> {
  return record.startTicks !== null && (await startTicks(record.pid)) === record.startTicks;
}

/**
 * Ends recorded processes that still run and returns their names. Anybody may have written the record, a
 * checkout's author or a guest, and it may name any process of the user: so only those are ended that work
 * in the sandbox's directory, as all of ours do.
 */
export async function endLeftovers(
  { sandboxDir }: Pick<Project, "sandboxDir">,
  records: readonly ProcessRecord[],
): Promise<string[]> {
  const ended: string[] = [];
  for (const record of records) {
    if (record.pid === process.pid || !(await isSameProcess(record))) continue;
    if (!(await worksIn(record.pid, sandboxDir))) continue;
    kill(record.pid);
    ended.push(`${record.name} (process ${record.pid})`);
    await untilGone(record);
  }
  return ended;
}

/** By the directory itself: it may have been moved since. */
async function worksIn(pid: number, directory: string): Promise<boolean> {
  const workingDir = process.platform === "linux" ? `/proc/${pid}/cwd` : await cwdFromLsof(pid);
  if (workingDir === undefined) return false;
  const [is, wanted] = await Promise.all(
    [workingDir, directory].map((path) => stat(path).catch(() => undefined)),
  );
  return is !== undefined && is.ino === wanted?.ino && is.dev === wanted.dev;
}

/** For systems without /proc. */
async function cwdFromLsof(pid: number): Promise<string | undefined> {
  const args = ["-a", "-d", "cwd", "-p", String(pid), "-Fn"];
  const { stdout } = await runProgram({ command: "lsof", args }, { timeoutMs: 5_000 });
  return /^n(.+)$/m.exec(stdout)?.[1];
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended between the look and the kill.
  }
}

async function untilGone(record: ProcessRecord): Promise<void> {
  for (let waitedMs = 0; waitedMs < 2_000 && (await isSameProcess(record)); waitedMs += 20) {
    await sleep(20);
  }
}

/** When a living process started; null where there is none. */
function startTicks(pid: number): Promise<number | null> {
  return process.platform === "linux" ? ticksFromProc(pid) : secondsFromPs(pid);
}

/** Field 22 of /proc/<pid>/stat. */
async function ticksFromProc(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined ? null : ticksOfStat(stat);
}

/** The start in a process's `stat`; null for a zombie. */
export function ticksOfStat(stat: string): number | null {
  // The name in parentheses may contain anything, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : Number(fields[19]);
}

/** For systems without /proc: ps knows the state and, to the second, the start. */
export async function secondsFromPs(pid: number): Promise<number | null> {
  const args = ["LC_ALL=C", "ps", "-o", "stat=,lstart=", "-p", String(pid)];
  const { code, stdout } = await runProgram({ command: "env", args }, { timeoutMs: 5_000 });
  const [, state, start] = /^\s*(\S+)\s+(.+)$/.exec(stdout.trim()) ?? [];
  if (code !== 0 || state === undefined || state.startsWith("Z")) return null;
  return Date.parse(start ?? "") / 1000;
}
