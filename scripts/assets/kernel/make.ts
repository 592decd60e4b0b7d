// Runs the kernel's `make`, the same way on every computer.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Without these, the time, the user and the computer would be part of the kernel.
const reproducible = {
  LC_ALL: "C",
  KBUILD_BUILD_TIMESTAMP: "Thu Jan  1 00:00:00 UTC 1970",
  KBUILD_BUILD_USER: "airlock",
  KBUILD_BUILD_HOST: "airlock",
  KBUILD_BUILD_VERSION: "1",
};

const busy = 75;
const keptLines = 40;
const reportMs = 30_000;

/** Says from time to time how far it is; fails with the last lines of the output. */
export async function make(tree: string, words: readonly string[]): Promise<void> {
  const jobs = `-j${availableParallelism()}`;
  // Two builds in one tree would spoil each other's files.
  const lock = ["--nonblock", "--conflict-exit-code", String(busy), join(tree, "..", "lock")];
  const child = spawn("flock", [...lock, "make", jobs, ...words], {
    cwd: tree,
    env: { ...process.env, ...reproducible },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const startMs = performance.now();
  const tail: string[] = [];
  let compiled = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      if (line.startsWith("  CC ")) compiled++;
      tail.push(line);
      if (tail.length > keptLines) tail.shift();
    });
  }
  const report = setInterval(() => {
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.log(`kernel: ${compiled} files compiled after ${seconds} s`);
  }, reportMs);
  const [code] = await once(child, "close");
  clearInterval(report);
  if (code === busy) throw new Error(`another build of this kernel is running in ${tree}`);
  if (code !== 0) throw new Error(`make ${words.join(" ")} failed:\n${tail.join("\n")}`);
}
