import { keepCompiledCode } from "./codeCache.ts";
import { compileOnMainThread } from "./compilers.ts";

compileOnMainThread();
keepCompiledCode();
void start(process.argv.slice(2));

/** This file and what it imports are compiled anew each time, so it only chooses a bundle. */
async function start([word, ...words]: readonly string[]): Promise<void> {
  if (word === "exec" || word === "x") {
    await (await import("./cli/program/exec.ts")).runExec(words);
  } else if (word === "start") {
    await (await import("./cli/program/start.ts")).runStart(words);
  } else if (word === "supervise") {
    await (await import("./cli/program/supervise.ts")).runSupervise();
  } else {
    await (await import("./cli/program/program.ts")).runProgram(process.argv.slice(2));
  }
}
