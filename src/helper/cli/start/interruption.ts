const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type Interruption = {
  signal: AbortSignal;
  /** Gives the signals their usual meaning back. */
  release(): void;
};

/** Lets a wish to stop reach the long operations of a start. */
export function watchInterruption(): Interruption {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.removeListener(name, interrupt);
    },
  };
}
