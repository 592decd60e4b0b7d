import { keepCompiledCode } from "./codeCache.ts";
import { compileOnMainThread, neverOptimise } from "./compilers.ts";

const [word, ...words] = process.argv.slice(2);
const isExec = word === "exec" || word === "x";

compileOnMainThread();
if (isExec || word === "supervise") neverOptimise();
// After the flags, as the code is good for them alone.
keepCompiledCode();
void start();

/** This file and what it imports are compiled anew each time, so it only chooses a bundle. */
async function start(): Promise<void> {
  if (isExec) {
    await (await import("./cli/program/exec.ts")).runExec(words);
  } else if (word === "start") {
    await (await import("./cli/program/start.ts")).runStart(words);
  } else if (word === "supervise") {
    await (await import("./cli/program/supervise.ts")).runSupervise();
  } else {
    await (await import("./cli/program/program.ts")).runProgram(process.argv.slice(2));
  }
}
