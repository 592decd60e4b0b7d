import { readFile } from "node:fs/promises";
import { runProgram } from "./process.ts";

/** Memory of a process that is in RAM now, with a guest's memory as far as it is mapped; 0 without one. */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") {
    const call = { command: "ps", args: ["-o", "rss=", "-p", String(pid)] };
    return Number((await runProgram(call, { timeoutMs: 2000 })).stdout.trim()) * 1024;
  }
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
