import type { MachineArch } from "./spec.ts";

/**
 * The kernel's command line. A panic restarts at once, which `-no-reboot` turns into the end of the
 * machine: a guest that cannot go on is noticed at once, with its last words in the serial log.
 */
export function kernelCommandLine(options: { arch: MachineArch; verbose: boolean }): string {
  const console = options.arch === "x64" ? "ttyS0" : "ttyAMA0";
  const words = [`console=${console}`, "rdinit=/init", "panic=-1"];
  if (!options.verbose) words.push("quiet", "loglevel=3");
  return words.join(" ");
}
