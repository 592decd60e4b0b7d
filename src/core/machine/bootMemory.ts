import type { MachineArch } from "./spec.ts";

const mebibyte = 2 ** 20;

/** Part of a machine's memory as a file: from one offset up to another, in bytes. */
export type MemoryRange = { from: number; to: number };

/**
 * Where QEMU and the kernel put what only the boot needs: the kernel's image with the parts that run once, and the
 * initramfs. That is at the end of the memory below 4 GiB of a q35 (hw/i386/pc_q35.c, pvh.c), or behind the kernel
 * on arm64's `virt` (hw/arm/boot.c). Kernels and initramfs of up to 80 and 32 MiB lie within.
 */
export function bootMemory(machine: { arch: MachineArch; memoryBytes: number }): MemoryRange[] {
  const { arch, memoryBytes } = machine;
  const initramfs = arch === "x64" ? lowMemory(memoryBytes) : initramfsOnArm(memoryBytes);
  return [
    { from: 0, to: Math.min(80 * mebibyte, memoryBytes) },
    { from: Math.max(0, initramfs - 32 * mebibyte), to: Math.min(initramfs, memoryBytes) },
  ];
}

/** What a q35 has below 4 GiB; the rest of a larger memory is above. */
function lowMemory(memoryBytes: number): number {
  return memoryBytes >= 0xb000_0000 ? 0x8000_0000 : memoryBytes;
}

/** The end of 32 MiB from where the initramfs begins. */
function initramfsOnArm(memoryBytes: number): number {
  return Math.min(memoryBytes / 2, 128 * mebibyte) + 32 * mebibyte;
}
