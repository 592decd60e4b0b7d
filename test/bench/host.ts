import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Accelerator } from "#core/machine/spec.ts";
import { chooseAccelerator } from "#helper/machine/accelerator.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { kernelPath } from "./bareQemu.ts";

export type MachineHost = {
  accelerator: Accelerator;
  /** Whose kernel the machines boot. */
  kernel: "own" | "debian";
  /** All of it for the report. */
  on: string;
};

/** What machines run with here. */
export async function machineHost(): Promise<MachineHost> {
  const qemu = await findQemu(process.arch === "arm64" ? "arm64" : "x64");
  const { accelerator } = await chooseAccelerator({ kernelPath, qemu });
  const manifest = readFileSync(join(dirname(kernelPath), "manifest.json"), "utf8");
  const { kernel, kernelRelease } = JSON.parse(manifest);
  const whose = kernel === "own" ? "our own kernel" : "Debian's kernel";
  const on = `QEMU ${qemu.version}, accelerator \`${accelerator}\`, ${whose} ${kernelRelease}`;
  return { accelerator, kernel, on };
}
