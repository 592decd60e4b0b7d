import type { Config, ParsedConfig } from "../schema.ts";
import { formatSize } from "../sizes.ts";
import type { Diagnostic, HostFacts } from "../types.ts";
import type { Locator } from "./locator.ts";

const minMemoryBytes = 512 * 1024 ** 2;
const gibibyte = 1024 ** 3;
/** `CONFIG_NR_CPUS` of our kernel (guest/kernel/common.config). */
const mostGuestCpus = 128;

/** Fills in what depends on the host: all its CPUs, as far as the guest takes them, and half of its memory. */
export function withHostDefaults(config: ParsedConfig, host: HostFacts): Config {
  const half = Math.floor(host.memoryBytes / 2);
  const memory = Math.min(Math.max(half, minMemoryBytes), host.memoryBytes);
  const { image, cpus, memory: configured, ...rest } = config.vm;
  return {
    ...config,
    vm: {
      image,
      cpus: cpus ?? Math.min(host.cpus || 2, mostGuestCpus),
      memory: configured ?? memory,
      ...rest,
    },
  };
}

/** What the host cannot give. */
export function checkHost(config: ParsedConfig, host: HostFacts, locator: Locator): Diagnostic[] {
  const { cpus, memory, kvm } = config.vm;
  const diagnostics: Diagnostic[] = [];
  if (cpus !== undefined && cpus > host.cpus) {
    const message = `\`vm.cpus\`: ${cpus} is more than the ${host.cpus} CPUs of this host`;
    const suggestion = String(host.cpus);
    diagnostics.push({ ...locator.error("host", ["vm", "cpus"], message), suggestion });
  } else if (cpus !== undefined && cpus > mostGuestCpus) {
    const message = `\`vm.cpus\`: ${cpus} is more than the ${mostGuestCpus} CPUs that a sandbox's kernel takes`;
    const suggestion = String(mostGuestCpus);
    diagnostics.push({ ...locator.error("host", ["vm", "cpus"], message), suggestion });
  }
  if (memory !== undefined && memory < minMemoryBytes) {
    const message = `\`vm.memory\`: ${formatSize(memory)} is less than the minimum of 512 MB`;
    const suggestion = "512 MB";
    diagnostics.push({ ...locator.error("value", ["vm", "memory"], message), suggestion });
  } else if (memory !== undefined && memory > host.memoryBytes) {
    const message = `\`vm.memory\`: ${formatSize(memory)} is more than this host has (${approximate(host.memoryBytes)})`;
    const suggestion = formatSize(Math.floor(host.memoryBytes / gibibyte) * gibibyte);
    diagnostics.push({ ...locator.error("host", ["vm", "memory"], message), suggestion });
  }
  if (kvm && host.platform !== "linux") {
    const message = "`vm.kvm`: nested virtualisation is only supported on Linux";
    diagnostics.push(locator.error("host", ["vm", "kvm"], message));
  }
  return diagnostics;
}

function approximate(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
