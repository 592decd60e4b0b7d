import { readFile } from "node:fs/promises";
import { runProgram } from "../program.ts";

/** Names the host's current boot; empty where there is no such name, which only ages worse. */
export async function bootId(): Promise<string> {
  if (process.platform === "linux") {
    return await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  }
  const call = { command: "sysctl", args: ["-n", "kern.bootsessionuuid"] };
  return (await runProgram(call, { timeoutMs: 2000 })).stdout.trim();
}
