import type { Accelerator } from "#core/machine/spec.ts";
import { chooseAccelerator } from "#helper/machine/accelerator.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { kernelPath } from "./bareQemu.ts";

/** What machines run with here. */
export async function machineHost(): Promise<{ accelerator: Accelerator; on: string }> {
  const qemu = await findQemu(process.arch === "arm64" ? "arm64" : "x64");
  const { accelerator } = await chooseAccelerator({ kernelPath, qemu });
  return { accelerator, on: `QEMU ${qemu.version}, accelerator \`${accelerator}\`` };
}
