import { stat } from "node:fs/promises";
import { errorAt } from "#core/config/diagnostics.ts";
import type { Provenance } from "#core/config/provenance/provenance.ts";
import type { Config } from "#core/config/schema.ts";
import type { Diagnostic } from "#core/config/types.ts";
import { initramfsFlaw, kernelFlaw } from "#core/machine/bootFormat.ts";
import { chooseAccelerator } from "#helper/machine/accelerator.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { diskBytes, shrinkText } from "#helper/sandbox/disk.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { bundledKernel, hostArch } from "../bundle.ts";
import { bootFileFlaw, hostPath } from "./bootFile.ts";

type Loaded = { config: Config; provenance: Provenance };

/** What of a good configuration this computer, or the project's disk, cannot follow. */
export async function startProblems(project: Project, loaded: Loaded): Promise<Diagnostic[]> {
  const found = await Promise.all([
    bootFileProblem(project, loaded, "kernel"),
    bootFileProblem(project, loaded, "initramfs"),
    nestingProblem(loaded),
    shrinkProblem(project, loaded),
  ]);
  return found.filter((each) => each !== undefined);
}

async function bootFileProblem(
  project: Project,
  { config, provenance }: Loaded,
  key: "kernel" | "initramfs",
): Promise<Diagnostic | undefined> {
  const own = config.vm[key];
  if (own === undefined) return undefined;
  const path = hostPath(project.dir, own);
  const flaw = await bootFileFlaw(path, (file) =>
    key === "kernel" ? kernelFlaw(file, hostArch()) : initramfsFlaw(file),
  );
  if (flaw === undefined) return undefined;
  return errorAt(provenance, ["vm", key], { code: "host", message: `${path} ${flaw}` });
}

/** Whether KVM works is found out only for those who need it. */
async function nestingProblem({ config, provenance }: Loaded): Promise<Diagnostic | undefined> {
  if (!config.vm.kvm) return undefined;
  const arch = hostArch();
  const kernelPath = bundledKernel(arch);
  // What is missing besides KVM is told by the start itself.
  const qemu = await findQemu(arch).catch(() => undefined);
  if (qemu === undefined || !(await exists(kernelPath))) return undefined;
  const { accelerator, reason } = await chooseAccelerator({ kernelPath, qemu });
  if (accelerator === "kvm") return undefined;
  const message = `nested virtualisation needs KVM, but this computer runs sandboxes without it: ${reason} Remove it; \`airlock doctor\` says what is missing`;
  return errorAt(provenance, ["vm", "kvm"], { code: "host", message });
}

async function shrinkProblem(
  project: Project,
  { config, provenance }: Loaded,
): Promise<Diagnostic | undefined> {
  const existing = await stat(project.diskFile).catch(() => undefined);
  const wanted = diskBytes(config.disk.size);
  if (existing === undefined || existing.size <= wanted) return undefined;
  const message = `${shrinkText(existing.size, wanted)}; set it back, or make the disk anew without what is on it: \`airlock disk reset\``;
  return errorAt(provenance, ["disk", "size"], { code: "host", message });
}
