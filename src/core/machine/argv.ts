import { diskArguments } from "./disk.ts";
import { kernelCommandLine } from "./kernelCommandLine.ts";
import { optionString } from "./optionString.ts";
import { slotId } from "./slot.ts";
import {
  type Accelerator,
  type DiskAttachment,
  type MachineArch,
  type MachineSpec,
  type MemoryBacking,
  wholeMegabytes,
} from "./spec.ts";

/** Name of the virtio-serial port that the agent opens. */
export const controlPortName = "airlock.control";
/** Name of the port that the agent holds open while somebody is connected to it. */
export const busyPortName = "airlock.busy";
/** Id of that port's other end, which leads nowhere. */
export const busyPortId = "busy";

/** QEMU's arguments for the base machine; disks and shares are added while it runs. */
export function machineArgv(spec: MachineSpec): string[] {
  return [
    ...withNameArg(spec.name),
    ...withHardeningArgs(spec),
    ...withMachineArg(spec),
    ...withCpuArgs(spec),
    ...withMemoryArgs(spec),
    ...withKernelArgs(spec),
    ...withSerialConsoleArgs(),
    ...withQmpArgs(spec.qmpSocket),
    ...withRandomArgs(),
    ...withGenerationArg(spec.arch),
    ...withBalloonArg(),
    ...withControlPortArgs(spec.controlSocket),
    ...withBusyPortArgs(),
    ...withHotplugSlotArgs(spec.hotplugSlots),
    ...withFsdevArgs(spec.fsdevs),
    ...spec.disks.flatMap(withDiskArgs),
    ...withResumeArgs(spec),
  ];
}

export function withNameArg(name: string): string[] {
  return ["-name", optionString(`guest=${name}`)];
}

/** Nothing but what is asked for below, and no system call that a running machine never needs. */
export function withHardeningArgs({ hostOs }: Pick<MachineSpec, "hostOs">): string[] {
  const bare = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"];
  if (hostOs !== "linux") return bare;
  const sandbox = optionString("on", {
    obsolete: "deny",
    elevateprivileges: "deny",
    spawn: "deny",
    resourcecontrol: "deny",
  });
  return [...bare, "-sandbox", sandbox];
}

export function withMachineArg(
  spec: Pick<MachineSpec, "arch" | "accelerator" | "cpus" | "nested">,
): string[] {
  const machine = spec.arch === "x64" ? x64Machine() : arm64Machine(spec);
  return ["-machine", machine, "-accel", acceleratorOption(spec.accelerator)];
}

/** Translated code stays in memory until its buffer is full; without a limit that is 1 GB. */
function acceleratorOption(accelerator: Accelerator): string {
  return optionString(accelerator, { "tb-size": accelerator === "tcg" ? 256 : undefined });
}

function x64Machine(): string {
  return optionString("q35", {
    "memory-backend": "ram",
    "dump-guest-core": false,
    usb: false,
    graphics: false,
    sata: false,
    smbus: false,
    vmport: false,
    i8042: false,
    hpet: false,
    smm: false,
  });
}

function arm64Machine(spec: Pick<MachineSpec, "accelerator" | "cpus" | "nested">): string {
  return optionString("virt", {
    "memory-backend": "ram",
    "dump-guest-core": false,
    usb: false,
    graphics: false,
    "gic-version": gicVersion(spec),
    virtualization: spec.nested ? true : undefined,
  });
}

/** Version 2 serves at most eight CPUs; QEMU 7.2 has no version 3 for HVF yet. */
function gicVersion({ accelerator, cpus }: { accelerator: Accelerator; cpus: number }): string {
  if (accelerator === "kvm") return "host";
  if (accelerator === "tcg") return "max";
  return cpus > 8 ? "3" : "2";
}

export function withCpuArgs(
  spec: Pick<MachineSpec, "arch" | "accelerator" | "cpus" | "nested">,
): string[] {
  return ["-cpu", cpuModel(spec), "-smp", optionString(`cpus=${spec.cpus}`)];
}

/**
 * `host` carries vmx or svm whenever the host's KVM offers them, so they are taken away by name. Where the
 * CPU is emulated, so are its fast string instructions: programs that see them copy byte by byte in a loop,
 * those that do not copy in words.
 */
function cpuModel(spec: { arch: MachineArch; accelerator: Accelerator; nested: boolean }): string {
  const { arch, accelerator, nested } = spec;
  const isEmulated = accelerator === "tcg";
  const model = isEmulated ? "max" : "host";
  if (arch === "arm64") return model;
  return optionString(model, {
    ...(!nested && { vmx: false, svm: false }),
    ...(isEmulated && { erms: false, fsrm: false }),
  });
}

/** Memory that others map or keep has to be a shared file; elsewhere plain memory is faster. */
export function withMemoryArgs({
  memoryBytes,
  memory,
}: Pick<MachineSpec, "memoryBytes" | "memory">): string[] {
  const size = `${wholeMegabytes(memoryBytes) / 2 ** 20}M`;
  return ["-m", size, "-object", memoryObject(memory, size)];
}

function memoryObject(memory: MemoryBacking, size: string): string {
  const common = { id: "ram", size };
  if (memory === "plain") return optionString("memory-backend-ram", common);
  const shared = { ...common, share: true };
  if (memory === "unnamed") return optionString("memory-backend-memfd", shared);
  return optionString("memory-backend-file", { ...shared, "mem-path": memory.path });
}

/** These three are taken literally by QEMU: no escaping. */
export function withKernelArgs(
  spec: Pick<
    MachineSpec,
    "arch" | "accelerator" | "kernelPath" | "initramfsPath" | "verboseKernel"
  >,
): string[] {
  const { arch, accelerator, verboseKernel: verbose } = spec;
  const commandLine = kernelCommandLine({ arch, accelerator, verbose });
  return ["-kernel", spec.kernelPath, "-initrd", spec.initramfsPath, "-append", commandLine];
}

/** The console is QEMU's standard output, whose reader bounds what a chatty guest may write. */
export function withSerialConsoleArgs(): string[] {
  const chardev = optionString("stdio", { id: "console", signal: false });
  return ["-chardev", chardev, "-serial", "chardev:console"];
}

export function withQmpArgs(socket: string): string[] {
  const chardev = optionString("socket", { id: "qmp", path: socket, server: true, wait: false });
  return ["-chardev", chardev, "-mon", optionString("chardev=qmp", { mode: "control" })];
}

export function withRandomArgs(): string[] {
  return [
    "-object",
    optionString("rng-builtin", { id: "random" }),
    "-device",
    optionString("virtio-rng-pci", { rng: "random", "disable-legacy": true }),
  ];
}

/** QEMU's `virt` machine has no generation id. */
export function withGenerationArg(arch: MachineArch): string[] {
  return arch === "x64" ? ["-device", optionString("vmgenid", { guid: "auto" })] : [];
}

/** The balloon never inflates; it is there because the guest reports free pages through it. */
export function withBalloonArg(): string[] {
  const balloon = { "disable-legacy": true, "free-page-reporting": true };
  return ["-device", optionString("virtio-balloon-pci", balloon)];
}

export function withControlPortArgs(socket: string): string[] {
  const chardev = { id: "control", path: socket, server: true, wait: false };
  const bus = { id: "serial", "disable-legacy": true, max_ports: 8 };
  const port = { bus: "serial.0", nr: 1, id: "control", chardev: "control", name: controlPortName };
  return [
    "-chardev",
    optionString("socket", chardev),
    "-device",
    optionString("virtio-serial-pci", bus),
    "-device",
    optionString("virtserialport", port),
  ];
}

/** Nothing goes over this port: whether the guest has it open is all that it says. */
export function withBusyPortArgs(): string[] {
  const port = { bus: "serial.0", nr: 2, id: busyPortId, chardev: busyPortId, name: busyPortName };
  return [
    "-chardev",
    optionString("null", { id: busyPortId }),
    "-device",
    optionString("virtserialport", port),
  ];
}

export function withHotplugSlotArgs(slots: number): string[] {
  return Array.from({ length: slots }, (_, index) => index).flatMap((index) => [
    "-device",
    optionString("pcie-root-port", { id: slotId(index), chassis: index + 1, slot: index + 1 }),
  ]);
}

/** `none` keeps links and modes as they are on the host and ignores owners it may not set. */
export function withFsdevArgs(fsdevs: MachineSpec["fsdevs"]): string[] {
  return fsdevs.flatMap(({ id, path, readOnly }) => [
    "-fsdev",
    optionString("local", {
      id,
      path,
      security_model: "none",
      multidevs: "remap",
      readonly: readOnly,
    }),
  ]);
}

export function withDiskArgs(disk: DiskAttachment): string[] {
  const { blockdev, device } = diskArguments(disk);
  return ["-blockdev", JSON.stringify(blockdev), "-device", JSON.stringify(device)];
}

/** Waits, with halted CPUs, until the monitor says where the state comes from. */
export function withResumeArgs({ resumes }: Pick<MachineSpec, "resumes">): string[] {
  return resumes ? ["-S", "-incoming", "defer"] : [];
}
