import { configuredParts } from "#core/config/configured.ts";
import type { Config } from "#core/config/schema.ts";
import { formatSize } from "#core/config/sizes.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { configuredTexts } from "../configuredTexts.ts";
import { alignRows, labelled, type Row } from "../style.ts";
import type { Plan } from "./plan.ts";

export function readyText({ phases }: SandboxStatus, how: "started" | "resumed"): string {
  const seconds = phases.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  return `Sandbox ${how} in ${seconds.toFixed(1)} s. Run \`airlock exec\` for commands, \`airlock stop\` to end it.`;
}

/** What `--verbose` tells before the machine starts. Names of variables only, never values. */
export function planText({ spec, command, loaded }: Plan): string {
  const names = spec.env.map((entry) => entry.slice(0, entry.indexOf("=")));
  const { image, machine } = spec;
  const rows: Row[] = [
    ["Image", `${image.name} (${image.digest})`],
    ["Machine", `${machine.cpus} CPUs, ${formatSize(machine.memoryBytes)}, ${machine.accelerator}`],
    ["Disk", formatSize(spec.diskBytes)],
    ...configuredRows(loaded.config, `project: ${spec.projectDir} → ${spec.guestPath}`),
    ["Environment", names.join(" ")],
    ["Command", command.join(" ")],
  ];
  return alignRows(rows, (text) => text).trimEnd();
}

/** What is switched on; a policy means nothing to a reader without rules. */
function configuredRows(config: Config, project: string): Row[] {
  const texts = configuredTexts(configuredParts(config), { disabled: false });
  const { mounts, policy, rules, sockets, ports, daemons, masks } = texts;
  return [
    ...labelled("Mounts", [project, ...mounts]),
    ...labelled("Network rules", rules.length === 0 ? [] : [`policy: ${policy}`, ...rules]),
    ...labelled("Sockets", sockets),
    ...labelled("Ports", ports),
    ...labelled("Daemons", daemons),
    ...labelled("Masks", masks),
  ];
}
