/** Signals that are passed on, with the numbers Linux gives them: macOS differs for USR1 and USR2. */
export const forwardedSignals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
} as const;

/** Passes this process's signals to `send` until the returned function is called. */
export function forwardSignals(send: (linuxNumber: number) => void): () => void {
  const listeners = Object.entries(forwardedSignals).map(
    ([name, number]) => [name, () => send(number)] as const,
  );
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.removeListener(name, listener);
  };
}
