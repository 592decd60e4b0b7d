import { setFlagsFromString } from "node:v8";

/**
 * Runs work that makes much short-lived garbage without letting V8's space for it grow from one to
 * sixteen megabytes three times over, nor what its dead buffers hold: that is a quarter of what making an
 * image may use, for nothing.
 */
export async function withSmallYoungGeneration<T>(work: () => Promise<T>): Promise<T> {
  running += 1;
  setFlagsFromString("--semi-space-growth-factor=1");
  try {
    return await work();
  } finally {
    running -= 1;
    if (running === 0) setFlagsFromString("--semi-space-growth-factor=2");
  }
}

let running = 0;
