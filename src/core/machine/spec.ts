export type MachineArch = "x64" | "arm64";
export type Accelerator = "kvm" | "hvf" | "tcg";
export type HostOs = "linux" | "darwin";

/**
 * Everything that decides how QEMU is started: plain data, no defaults. Sockets are named
 * relative to the process's working directory, so that no length of path breaks them.
 */
export type MachineSpec = {
  /** Name shown in process lists of QEMU. */
  name: string;
  arch: MachineArch;
  hostOs: HostOs;
  accelerator: Accelerator;
  cpus: number;
  /** Guest memory; whole MiB are used. */
  memoryBytes: number;
  /** Whether vhost-user daemons map the guest's memory. */
  sharedMemory: boolean;
  /** Whether the guest may run virtual machines itself. */
  nested: boolean;
  kernelPath: string;
  initramfsPath: string;
  /** Whether the kernel prints its whole log on the serial console. */
  verboseKernel: boolean;
  qmpSocket: string;
  controlSocket: string;
  /** Empty PCIe slots for devices that are added while the machine runs. */
  hotplugSlots: number;
  /** Directories that QEMU itself serves over 9p. They must be declared at the start. */
  fsdevs: readonly FsdevSpec[];
};

export type FsdevSpec = {
  id: string;
  path: string;
  readOnly: boolean;
};

/** What keeps the combination from starting at all, as a sentence; undefined when nothing does. */
export function nestedObstacle(spec: Pick<MachineSpec, "nested" | "accelerator" | "hostOs">) {
  if (!spec.nested) return undefined;
  if (spec.hostOs !== "linux") return "Nested virtualisation needs a Linux host.";
  if (spec.accelerator === "kvm") return undefined;
  return "Nested virtualisation needs KVM, and this machine runs without it.";
}
