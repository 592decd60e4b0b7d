// CPU time of processes: of those that have ended, and of those that go on with all that are or come below
// them. Linux only.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const ticksPerSecond = 100; // USER_HZ, the same on every Linux architecture
const intervalMs = 20;

/** Ends the metering and gives the seconds of user and system time so far. */
export type CpuMeter = { stop(): Promise<number> };

/**
 * Looks at a process that goes on, and at all that are or come below it, all the time, and keeps the last reading
 * of each; what a process used after its last reading, and processes that live shorter than the interval, are
 * missed. Looking slows what is measured a little, so it is for what cannot be waited for.
 */
export function startCpuMeter(running: number): CpuMeter {
  const ticks = new Map<number, number>(family(running).map((pid) => [pid, 0]));
  readAll(ticks);
  const usedBefore = sum(ticks.values());
  let isOn = true;
  const done = (async () => {
    while (isOn) {
      readAll(ticks);
      await delay(intervalMs);
    }
  })();
  return {
    async stop() {
      readAll(ticks);
      isOn = false;
      await done;
      return (sum(ticks.values()) - usedBefore) / ticksPerSecond;
    },
  };
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

/** User and system time of a process so far, in seconds; its children do not count. */
export function cpuSecondsOf(pid: number): number {
  return (usedTicks(read(pid, "stat")) ?? Number.NaN) / ticksPerSecond;
}

/**
 * The same of this process with its children that have ended and those that they have waited for, and of others
 * that go on with all below them.
 */
export function cpuSecondsWith(pids: readonly number[] = []): number {
  const own = fieldsOf(read(process.pid, "stat")).slice(11, 15).map(Number);
  return sum(own) / ticksPerSecond + sum(pids.flatMap(family).map(cpuSecondsOf));
}

function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

/** Those of its first thread. */
function childrenOf(pid: number): number[] {
  const text = read(pid, `task/${pid}/children`).trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function readAll(ticks: Map<number, number>): void {
  for (const pid of new Set([...ticks.keys()].flatMap(family))) {
    const used = usedTicks(read(pid, "stat"));
    if (used !== undefined) ticks.set(pid, used);
  }
}

/** utime and stime: the 14th and 15th field, counted behind the command's closing parenthesis. */
function usedTicks(stat: string): number | undefined {
  const fields = fieldsOf(stat);
  return fields.length > 13 ? Number(fields[11]) + Number(fields[12]) : undefined;
}

function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // the process has ended
  }
}
