import type { Config } from "#core/config/schema.ts";
import { bundledInitramfs, bundledKernel, hostArch } from "#helper/bundle.ts";
import { hostPath } from "#helper/config/bootFile.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { exists } from "#helper/sandbox/files.ts";
import type { Project } from "#helper/sandbox/project.ts";

export type BootFiles = {
  kernelPath: string;
  initramfsPath: string;
  /** The kernel that shows which accelerator works: ours, whatever the sandbox boots. */
  probeKernelPath: string;
};

/** The kernel and initramfs to boot: the user's own where configured, else the bundled ones. */
export async function bootFiles(project: Project, vm: Config["vm"]): Promise<BootFiles> {
  const arch = hostArch();
  const files = [
    { key: "kernel", own: vm.kernel, bundled: bundledKernel(arch) },
    { key: "initramfs", own: vm.initramfs, bundled: bundledInitramfs(arch) },
  ];
  const missing: string[] = [];
  for (const { key, own, bundled } of files) {
    if (own !== undefined || (await exists(bundled))) continue;
    missing.push(`this installation has no ${key} (${bundled})`);
  }
  if (missing.length > 0) {
    throw new SandboxError("boot-files", `The machine cannot boot: ${missing.join("; ")}.`, {
      hint: "Install Airlock again.",
    });
  }
  const [kernelPath = "", initramfsPath = ""] = files.map(({ own, bundled }) =>
    own === undefined ? bundled : hostPath(project.dir, own),
  );
  const ours = bundledKernel(arch);
  return { kernelPath, initramfsPath, probeKernelPath: (await exists(ours)) ? ours : kernelPath };
}
