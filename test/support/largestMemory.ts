import { readFileSync } from "node:fs";

/**
 * The largest memory of this process in MB. What the system's accounting calls the maximum counts the
 * process that it was forked from, too.
 */
export function largestMemoryMb(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1000;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(kilobytes) * 1.024e-3;
}
