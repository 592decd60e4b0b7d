// CPU time of processes: of one that goes on, or of a group of them, wherever they end up in the process
// tree, that carry a mark in their environment. Linux only.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const markVariable = "AIRLOCK_BENCH_RUN";
const ticksPerSecond = 100; // USER_HZ, the same on every Linux architecture
const intervalMs = 20;

export type CpuMeter = {
  /** What processes have to have in their environment to be counted. */
  env: Record<string, string>;
  /** Ends the metering and gives the seconds of user and system time so far. */
  stop(): Promise<number>;
};

/**
 * Looks at the processes all the time and keeps the last reading of each; what a process used after
 * its last reading, and processes that live shorter than the interval, are missed. They are our own children
 * with the mark, or a process that runs already, and all that are or come below them.
 */
export function startCpuMeter(running?: number): CpuMeter {
  const mark = `${process.pid}-${Math.random()}`;
  const ticks = new Map<number, number>();
  let usedBefore = 0;
  if (running !== undefined) {
    for (const pid of family(running)) ticks.set(pid, 0);
    readAll(mark, ticks);
    usedBefore = sum(ticks.values());
  }
  let isOn = true;
  const done = (async () => {
    while (isOn) {
      readAll(`${markVariable}=${mark}`, ticks);
      await delay(intervalMs);
    }
  })();
  return {
    env: { [markVariable]: mark },
    async stop() {
      readAll(`${markVariable}=${mark}`, ticks);
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

/** The same of this process with its children that have ended, and of others that go on with all below them. */
export function cpuSecondsWith(pids: readonly number[]): number {
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

/** Below our own children only: looking at all processes of the computer would slow what is measured. */
function readAll(mark: string, ticks: Map<number, number>): void {
  const marked = childrenOf(process.pid).filter((pid) => read(pid, "environ").includes(mark));
  for (const pid of new Set([...ticks.keys(), ...marked].flatMap(family))) {
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
