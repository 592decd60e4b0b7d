import { machineArgv } from "./argv.ts";
import type { MachineSpec } from "./spec.ts";

/** What a saved base machine depends on, beside its own description. */
export type BaseFacts = {
  /** Hashes of the files' contents. */
  kernelSha256: string;
  initramfsSha256: string;
  /** Path, version, size and time of the program. */
  qemu: string;
  /** The host's processor and kernel, where they run the guest's code; empty under emulation. */
  host: string;
};

export type BaseSpec = Pick<
  MachineSpec,
  "arch" | "hostOs" | "accelerator" | "cpus" | "memoryBytes" | "nested" | "verboseKernel"
>;

/** A change of what a snapshot consists of makes all older ones strangers. */
const format = 1;

/**
 * A text that differs exactly when a snapshot of one base machine must not be resumed as the other.
 * The command line is part of it, so that no device or flag can be forgotten here; what belongs to one
 * project or one process (names, sockets, shares) is no state of a device.
 */
export function baseIdentity(
  base: BaseSpec & Pick<MachineSpec, "hotplugSlots">,
  facts: BaseFacts,
): string {
  const argv = machineArgv({
    ...base,
    name: "",
    memory: { path: "" },
    kernelPath: facts.kernelSha256,
    initramfsPath: facts.initramfsSha256,
    qmpSocket: "",
    controlSocket: "",
    fsdevs: [],
    disks: [],
    resumes: false,
  });
  return JSON.stringify({ format, argv, qemu: facts.qemu, host: facts.host });
}
