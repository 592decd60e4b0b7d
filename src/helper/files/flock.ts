import { spawn } from "node:child_process";
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";

export type FlockOptions = {
  /** What the program gets before the number of the open file. */
  options?: readonly string[];
  timeoutMs?: number;
  signal?: AbortSignal;
};

/**
 * Has flock(1) lock an open file of ours; the lock belongs to what is open, so it stays when the program ends.
 * Gives its exit code, null where there was none, and rejects when the program cannot be run or `signal` aborts.
 */
export async function flock(
  file: FileHandle,
  { options = [], timeoutMs, signal }: FlockOptions,
): Promise<number | null> {
  const child = spawn("flock", [...options, "3"], {
    stdio: ["ignore", "ignore", "ignore", file.fd],
    ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    ...(signal && { signal }),
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
}
