import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A process of a sandbox, recorded so that a later start can end what a killed supervisor left. */
export type ProcessRecord = {
  name: string;
  pid: number;
  /** Clock ticks from the host's boot to the process's start: a reused id has another one. */
  startTicks: number | null;
};

export async function recordProcess(name: string, pid: number): Promise<ProcessRecord> {
  return { name, pid, startTicks: await startTicks(pid) };
}

/** Whether the very process that was recorded still runs (a zombie does not). */
export async function isSameProcess(record: ProcessRecord): Promise<boolean> {
  return record.startTicks !== null && (await startTicks(record.pid)) === record.startTicks;
}

/** Ends recorded processes that still run and returns their names. */
export async function endLeftovers(records: readonly ProcessRecord[]): Promise<string[]> {
  const ended: string[] = [];
  for (const record of records) {
    if (record.pid === process.pid || !(await isSameProcess(record))) continue;
    kill(record.pid);
    ended.push(`${record.name} (process ${record.pid})`);
    await untilGone(record);
  }
  return ended;
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

/** Field 22 of /proc/<pid>/stat; null where there is no such process or no /proc (macOS). */
async function startTicks(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return null;
  // The name in parentheses may contain anything, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z") return null;
  return Number(fields[19]);
}
