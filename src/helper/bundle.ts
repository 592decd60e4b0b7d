import { join } from "node:path";
import { assetsDir } from "./paths.ts";
import { SandboxError } from "./sandbox/errors.ts";
import type { SupervisorSpec } from "./sandbox/spec.ts";

export type Arch = SupervisorSpec["machine"]["arch"];

const kernelNames: Record<Arch, string> = { x64: "vmlinux", arm64: "Image" };

export function hostArch(): Arch {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new SandboxError("boot-files", `There is no guest for the processor type ${process.arch}.`);
}

/** Our own kernel in the installation. */
export function bundledKernel(arch: Arch): string {
  return join(assetsDir(), "vm", arch, kernelNames[arch]);
}

export function bundledInitramfs(arch: Arch): string {
  return join(assetsDir(), "vm", arch, "initramfs");
}
