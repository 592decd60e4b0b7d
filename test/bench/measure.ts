// The small mathematics of the benchmarks.

/** The middle of the values; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}

/**
 * Runs two measurements in turn, so that both see the same load of the computer, and returns the
 * results of each.
 */
export async function inTurn<A, B>(
  times: number,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A[], B[]]> {
  const results: [A[], B[]] = [[], []];
  for (let count = 0; count < times; count++) {
    results[0].push(await first());
    results[1].push(await second());
  }
  return results;
}

/** The same with any number of measurements of one kind. */
export async function allInTurn<Result>(
  times: number,
  works: readonly (() => Promise<Result>)[],
): Promise<Result[][]> {
  const results: Result[][] = works.map(() => []);
  for (let count = 0; count < times; count++) {
    for (const [index, work] of works.entries()) results[index]?.push(await work());
  }
  return results;
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** What a measurement took by the clock, and in user and system time. */
export type Cost = { ms: number; cpuSeconds: number };

/**
 * What the work takes. Its CPU time is what the reading grows by until the work has `settled`, which
 * the clock does not wait for.
 */
export async function costOf(
  work: () => Promise<unknown>,
  { cpuSeconds, settled }: { cpuSeconds: () => number; settled?: () => Promise<unknown> },
): Promise<Cost> {
  const before = cpuSeconds();
  const ms = await timed(work);
  await settled?.();
  return { ms, cpuSeconds: cpuSeconds() - before };
}

/** Work, and a reading of the CPU time of everything that does it. */
export type Metered = { work: () => Promise<unknown>; cpuSeconds: () => number };

/** Takes turns as `inTurn` does, and tells what each cost. */
export function costsInTurn(
  times: number,
  first: Metered,
  second: Metered,
): Promise<[Cost[], Cost[]]> {
  return inTurn(
    times,
    () => costOf(first.work, first),
    () => costOf(second.work, second),
  );
}

/**
 * What each of many short works costs, one directly after the other. Reading the CPU time takes as long as
 * such a work and lets everything else fall asleep, so it is read around all of them, and each is given its part.
 */
export async function costsInARow(times: number, { work, cpuSeconds }: Metered): Promise<Cost[]> {
  const before = cpuSeconds();
  const all: number[] = [];
  for (let count = 0; count < times; count++) all.push(await timed(work));
  const each = (cpuSeconds() - before) / times;
  return all.map((ms) => ({ ms, cpuSeconds: each }));
}

/** Mean CPU time of both sides, as a figure has it. */
export function bothCpuSeconds([ours, yardstick]: readonly [readonly Cost[], readonly Cost[]]) {
  return { ours: meanCpuSeconds(ours), yardstick: meanCpuSeconds(yardstick) };
}

/** The mean: readings of CPU time are too coarse for the middle one to say something. */
export function meanCpuSeconds(costs: readonly Cost[]): number {
  return costs.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / costs.length;
}

/** The value that a share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
