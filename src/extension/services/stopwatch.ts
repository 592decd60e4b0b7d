export type Lap = {
  ms: number;
  /** Of all threads of this process; a busy computer does not make it longer. */
  cpuMs: number;
};

/** A function that gives the time since it was made. */
export function startStopwatch(): () => Lap {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    return { ms: performance.now() - startMs, cpuMs: (user + system) / 1000 };
  };
}

/** Runs since the bundle's code began to: imported first by main.ts, so that activation counts it all. */
export const sinceLoaded = startStopwatch();
