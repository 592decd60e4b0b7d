import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "#core/config/schema.ts";
import { assetsDir } from "#helper/paths.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";
import type { SupervisorSpec } from "#helper/sandbox/spec.ts";

export type BootFiles = {
  kernelPath: string;
  initramfsPath: string;
  /** The kernel that shows which accelerator works: ours, whatever the sandbox boots. */
  probeKernelPath: string;
};
type Arch = SupervisorSpec["machine"]["arch"];

const kernelNames: Record<Arch, string> = { x64: "vmlinux", arm64: "Image" };

export function hostArch(): Arch {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new SandboxError("boot-files", `There is no guest for the processor type ${process.arch}.`);
}

/** The kernel and initramfs to boot: the user's own where configured, else the bundled ones. */
export async function bootFiles(project: Project, vm: Config["vm"]): Promise<BootFiles> {
  const arch = hostArch();
  const bundled = join(assetsDir(), "vm", arch);
  const files = [
    { key: "kernel", own: vm.kernel, path: join(bundled, kernelNames[arch]) },
    { key: "initramfs", own: vm.initramfs, path: join(bundled, "initramfs") },
  ].map((file) =>
    file.own === undefined ? file : { ...file, path: hostPath(project.dir, file.own) },
  );
  const missing: string[] = [];
  for (const { key, own, path } of files) {
    if (await exists(path)) continue;
    missing.push(
      own === undefined ? bundledMissing(key, path) : `vm.${key}: ${path} was not found`,
    );
  }
  if (missing.length > 0) {
    throw new SandboxError("boot-files", `The machine cannot boot: ${missing.join("; ")}.`, {
      hint: "Correct the path in the configuration, or install Airlock again.",
    });
  }
  const [kernelPath = "", initramfsPath = ""] = files.map(({ path }) => path);
  const ours = join(bundled, kernelNames[arch]);
  return { kernelPath, initramfsPath, probeKernelPath: (await exists(ours)) ? ours : kernelPath };
}

function bundledMissing(key: string, path: string): string {
  return `this installation has no ${key} (${path})`;
}

/** `~` is the user's home; a relative path starts in the project. */
function hostPath(projectDir: string, path: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(projectDir, path);
}
