import type { MachineArch } from "./spec.ts";

/**
 * The kernel's command line. A panic restarts at once, which `-no-reboot` turns into the end of the
 * machine: a guest that cannot go on is noticed at once, with its last words in the serial log.
 */
export function kernelCommandLine(options: { arch: MachineArch; verbose: boolean }): string {
  const console = options.arch === "x64" ? "ttyS0" : "ttyAMA0";
  const words = [`console=${console}`, "rdinit=/init", "panic=-1", noBounceBuffers];
  if (options.arch === "x64") words.push(timerIsThere);
  if (!options.verbose) words.push("quiet", "loglevel=3");
  return words.join(" ");
}

/**
 * All devices reach all memory. Otherwise Linux sets 64 MB aside, and fills them with zeros, for devices
 * that do not reach beyond 4 GB, as soon as there is memory beyond 4 GB: from `vm.memory` of 2 GB on.
 */
const noBounceBuffers = "swiotlb=noforce";

/**
 * Early in its boot, Linux counts the timer's interrupts for 64 ms of real time and panics ("IO-APIC +
 * timer doesn't work!") when it saw too few. An emulated CPU for which a busy host has no time sees
 * too few. Under KVM, the kernel leaves the test out by itself.
 */
const timerIsThere = "no_timer_check";
