import { formatSize } from "#core/config/sizes.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { alignRows } from "../style.ts";
import type { Plan } from "./plan.ts";

export function readyText({ phases }: SandboxStatus, how: "started" | "resumed"): string {
  const seconds = phases.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  return `Sandbox ${how} in ${seconds.toFixed(1)} s. Run \`airlock exec\` for commands, \`airlock stop\` to end it.`;
}

/** What `--verbose` tells before the machine starts. Names of variables only, never values. */
export function planText({ spec, command }: Plan): string {
  const names = spec.env.map((entry) => entry.slice(0, entry.indexOf("=")));
  const { image, machine } = spec;
  const rows: [string, string][] = [
    ["Image", `${image.name} (${image.digest})`],
    ["Machine", `${machine.cpus} CPUs, ${formatSize(machine.memoryBytes)}, ${machine.accelerator}`],
    ["Disk", formatSize(spec.diskBytes)],
    ["Mount", `${spec.projectDir} → ${spec.guestPath}`],
    ["Environment", names.join(" ")],
    ["Command", command.join(" ")],
  ];
  return alignRows(rows, (text) => text).trimEnd();
}
