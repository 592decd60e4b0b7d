// What the fuzz tests share.

export type Random = (below: number) => number;

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
export function randomNumbers(start: number): Random {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** How often: 100,000 inputs among all tests of images unless the environment says otherwise. */
export function fuzzRuns(share: number): number {
  return Math.ceil(Number(process.env.AIRLOCK_FUZZ_RUNS ?? 100_000) * share);
}

export const fuzzSeed = Number(process.env.AIRLOCK_FUZZ_SEED ?? 1);

/** Counts outcomes, and checks that none takes long. */
export function fuzz(runs: number, attempt: (run: number) => string): Record<string, number> {
  const outcomes: Record<string, number> = {};
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    const outcome = attempt(run);
    if (performance.now() - startedAt > 2000) throw new Error(`run ${run} took too long`);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return outcomes;
}
