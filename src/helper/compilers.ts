import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8 from compiling on threads of its own. One that compiles while the process exits can wait for a
 * garbage collection of the main thread, which waits for it, for ever:
 * https://github.com/nodejs/node/issues/54918. One command in thirty with much output ended so, and one in
 * ten with much input. Maglev's thread is there before any program runs, so Maglev is left out.
 */
export function compileOnMainThread(): void {
  for (const flag of ["concurrent-sparkplug", "concurrent-recompilation", "maglev"]) {
    setFlagsFromString(`--no-${flag}`);
  }
}
