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
  memory: MemoryBacking;
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
  /** Disks that are there from the start: those of a saved machine, which is resumed with them. */
  disks: readonly DiskAttachment[];
  /** Whether the machine waits for the state of a saved one instead of booting. */
  resumes: boolean;
};

/**
 * What the guest's memory is: plain, a file without a name that vhost-user daemons map too, or a file
 * in a place of our choice, which can also be kept and given to another machine.
 */
export type MemoryBacking = "plain" | "unnamed" | { path: string };

/** What QEMU is given of a guest's memory, in bytes. */
export function wholeMegabytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20) * 2 ** 20;
}

/** A raw disk on the PCIe slot with this number. */
export type DiskAttachment = { serial: string; path: string; readOnly: boolean; slot: number };

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
