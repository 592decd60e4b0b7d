import { setFlagsFromString } from "node:v8";

/**
 * Keeps V8 from compiling on threads of its own. One that compiles while the process exits can wait for a
 * garbage collection of the main thread, which waits for it, for ever:
 * https://github.com/nodejs/node/issues/54918. One command in thirty with much output ended so, and one in
 * ten with much input. Maglev's thread is there before any program runs, so Maglev is left out.
 */
export function compileOnMainThread(): void {
  setFlagsFromString("--no-concurrent-sparkplug");
  setFlagsFromString("--no-concurrent-recompilation");
  // Where Maglev is not there by default, leaving it out would change no flag.
  if (hasMaglev) leaveOut("maglev");
}

const hasMaglev =
  (process.config.variables as { v8_enable_maglev?: number }).v8_enable_maglev === 1;

/**
 * Leaves out V8's optimising compiler, too, in a process that only passes bytes on. On the main thread it takes 3 to
 * 7 ms for a function, for which a typed key waits.
 */
export function neverOptimise(): void {
  leaveOut("turbofan");
}

/** Of the process: each bundle has this file in it. */
const { airlockLeftOut: leftOut = new Set<string>() } = globalThis as Shared;
(globalThis as Shared).airlockLeftOut = leftOut;

type Shared = { airlockLeftOut?: Set<string> };

function leaveOut(compiler: "maglev" | "turbofan"): void {
  leftOut.add(compiler);
  setFlagsFromString(`--no-${compiler}`);
}

/**
 * Lets Node load modules of its own. V8 takes the compiled code that they come with only under the flags it was
 * compiled with, so these are put back meanwhile: `node:http2` takes 8 ms then instead of 20.
 */
export function withShippedCode<Result>(load: () => Result): Result {
  for (const compiler of leftOut) setFlagsFromString(`--${compiler}`);
  try {
    return load();
  } finally {
    for (const compiler of leftOut) setFlagsFromString(`--no-${compiler}`);
  }
}

/** Opens the standard input soon, which takes as long as a guest needs to start a process. */
export function openInputSoon(): void {
  setImmediate(() => withShippedCode(() => process.stdin));
}

/** Standard output and error. Node loads what they need, for a terminal or a pipe, when they are first asked for. */
export function outputStreams(): readonly [typeof process.stdout, typeof process.stderr] {
  return withShippedCode(() => [process.stdout, process.stderr]);
}
