import type { Accelerator, MachineArch } from "./spec.ts";

export type KernelOptions = { arch: MachineArch; accelerator: Accelerator; verbose: boolean };

/**
 * The kernel's command line. A panic restarts at once, which `-no-reboot` turns into the end of the
 * machine: a guest that cannot go on is noticed at once, with its last words in the serial log.
 */
export function kernelCommandLine({ arch, accelerator, verbose }: KernelOptions): string {
  const console = arch === "x64" ? "ttyS0" : "ttyAMA0";
  const words = [
    `console=${console}`,
    "rdinit=/init",
    "panic=-1",
    noBounceBuffers,
    securityModules,
  ];
  if (arch === "x64") words.push(timerIsThere);
  if (accelerator === "tcg") words.push(noMitigations);
  if (accelerator === "tcg" && arch === "x64") words.push(counterIsRight);
  if (!verbose) words.push("quiet", "loglevel=3");
  return words.join(" ");
}

/**
 * All devices reach all memory. Otherwise Linux sets 64 MB aside, and fills them with zeros, for devices
 * that do not reach beyond 4 GB, as soon as there is memory beyond 4 GB: from `vm.memory` of 2 GB on.
 */
const noBounceBuffers = "swiotlb=noforce";

/**
 * What our own kernel has of security modules, for Debian's, too: nothing in the guest has a policy for the
 * others, of which each has a say in every system call.
 */
const securityModules = "lsm=landlock,yama";

/**
 * Early in its boot, Linux counts the timer's interrupts for 64 ms of real time and panics ("IO-APIC +
 * timer doesn't work!") when it saw too few. An emulated CPU for which a busy host has no time sees
 * too few. Under KVM, the kernel leaves the test out by itself.
 */
const timerIsThere = "no_timer_check";

/**
 * What keeps a real CPU from guessing across borders (retpolines and the like) is translated to other
 * code by emulation: it protects nothing there, and costs at every system call and indirect jump.
 */
const noMitigations = "mitigations=off";

/**
 * Linux distrusts the emulated time stamp counter, because its other clocks tick irregularly on a busy
 * host, and reads a port of the chipset instead. The counter is the host's own; reading it needs no
 * system call and no exit from the translated code.
 */
const counterIsRight = "tsc=reliable";
