import {
  withCpuArgs,
  withHardeningArgs,
  withMachineArg,
  withMemoryArgs,
  withNameArg,
  withSerialConsoleArgs,
} from "./argv.ts";
import type { Accelerator, HostOs, MachineArch } from "./spec.ts";

/** What the kernel prints first, and no firmware does. */
export const firstKernelLine = "Linux version ";

export type ProbeSpec = {
  arch: MachineArch;
  hostOs: HostOs;
  accelerator: Accelerator;
  kernelPath: string;
};

/**
 * QEMU's arguments for a machine that only lets the kernel speak. Firmware runs even where an
 * accelerator cannot run a 64-bit kernel, so nothing less than the kernel's first line proves one.
 */
export function probeArgv({ arch, hostOs, accelerator, kernelPath }: ProbeSpec): string[] {
  const machine = { arch, hostOs, accelerator, cpus: 1, nested: false };
  return [
    ...withNameArg("airlock-probe"),
    ...withHardeningArgs(machine),
    ...withMachineArg(machine),
    ...withCpuArgs(machine),
    ...withMemoryArgs({ memoryBytes: 256 * 2 ** 20, memory: "plain" }),
    "-kernel",
    kernelPath,
    "-append",
    arch === "x64"
      ? "console=ttyS0 earlyprintk=ttyS0 panic=-1"
      : "console=ttyAMA0 earlycon panic=-1",
    ...withSerialConsoleArgs(),
  ];
}
