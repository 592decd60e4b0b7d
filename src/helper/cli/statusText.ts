import { formatSize } from "#core/config/sizes.ts";
import { printable } from "#shared/printable.ts";
import type { Configured, Show } from "#shared/protocol/show.ts";
import type { HardeningMeasure, SandboxStatus } from "#shared/protocol/status.ts";
import { configuredTexts } from "./configuredTexts.ts";
import { alignRows, labelled, type Paint, type Palette, type Row } from "./style.ts";

/** What `airlock show` prints for people. */
export function statusText(known: Show, nowMs: number, colour: Palette): string {
  const status = printableStatus(known);
  const rows: (Row | undefined)[] = [
    ["Path", pathText(status)],
    ["Status", statusWord(status, colour)],
    row("Suspended", suspendedText(status, nowMs)),
    row("Failure", known.failure && printable(known.failure.message.split("\n", 1)[0] ?? "")),
    ["Image", imageText(status.image)],
    ["CPUs", String(status.cpus)],
    ["Memory", memoryText(status)],
    row("Accelerator", status.accelerator),
    row(status.status === "running" ? "Started" : "Last start", startedText(status, nowMs)),
    row("Start", status.startKind && startKinds[status.startKind]),
    row("Phases", status.phases.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(", ")),
    ["Sandbox", status.sandboxDir],
    row("Disk", diskText(status)),
    ...placeRows(status),
    ...networkRows(status.configured),
    ...labelled(
      "Hardening",
      status.hardening.map((measure) => hardeningText(measure, colour)),
    ),
    ...labelled("Not active", status.notActive),
  ];
  return alignRows(
    rows.filter((one) => one !== undefined),
    colour.faint,
  );
}

const startKinds = { warm: "resumed from snapshot", cold: "booted" };

/** A guest words parts of a status, and a checkout may bring a run.json of its author's. */
function printableStatus(status: Show): Show {
  const clean = (_key: string, value: unknown) =>
    typeof value === "string" ? printable(value).replaceAll("\n", " ") : value;
  return JSON.parse(JSON.stringify(status), clean);
}

function row(label: string, value: string | null | undefined) {
  return value ? ([label, value] as const) : undefined;
}

/** What the guest has of the host's files, and what it keeps of its own. */
function placeRows({ mounts, configured }: Show): Row[] {
  const texts = configured && configuredTexts(configured, { disabled: true });
  return [
    ...labelled("Disk cache", texts?.caches ?? []),
    ...labelled("Mounts", [...mounts.map(mountText), ...(texts?.mounts ?? [])]),
  ];
}

function networkRows(configured: Configured | null): Row[] {
  if (configured === null) return [];
  const { policy, rules, middleware } = configuredTexts(configured, { disabled: true });
  return [
    ["Network policy", policy],
    ...labelled("Network rules", rules),
    ...labelled("Network middleware", middleware),
  ];
}

function pathText({ path, guestPath }: SandboxStatus): string {
  return path === guestPath ? path : `${path} → ${guestPath}`;
}

function statusWord({ status }: SandboxStatus, colour: Palette): string {
  const paints: Record<SandboxStatus["status"], Paint> = {
    running: colour.good,
    starting: colour.caution,
    stopping: colour.caution,
    suspending: colour.caution,
    suspended: colour.caution,
    stopped: colour.faint,
    failed: colour.bad,
  };
  return paints[status](status);
}

function imageText({ name, digest, sizeBytes }: SandboxStatus["image"]): string {
  const parts = [digest?.slice(0, "sha256:".length + 12), sizeBytes && amount(sizeBytes)];
  const known = parts.filter(Boolean).join(", ");
  return known === "" ? name : `${name} (${known})`;
}

function memoryText({ memoryBytes, hostRssBytes }: SandboxStatus): string {
  const taken = hostRssBytes === null ? "" : ` (${amount(hostRssBytes)} taken on this machine)`;
  return `${formatSize(memoryBytes)}${taken}`;
}

function diskText({ disk }: SandboxStatus): string | undefined {
  return disk === null ? undefined : `${amount(disk.usedBytes)} / ${amount(disk.sizeBytes)}`;
}

function mountText({ source, target, readOnly, type }: SandboxStatus["mounts"][number]): string {
  const notes = [type, readOnly ? "read-only" : undefined].filter(Boolean).join(", ");
  return `${source} → ${target}${notes && ` (${notes})`}`;
}

function hardeningText({ title, state, detail }: HardeningMeasure, colour: Palette): string {
  const paint = { on: colour.good, soft: colour.caution, off: colour.bad }[state];
  return `${paint(state.padEnd(4))}  ${title}${state === "on" ? "" : `: ${detail}`}`;
}

function suspendedText({ suspended }: SandboxStatus, nowMs: number): string | undefined {
  if (suspended === null) return undefined;
  const since = relativeTime(nowMs - Date.parse(suspended.since));
  return `${since}, memory of ${amount(suspended.sizeBytes)} on disk; \`airlock start\` resumes it`;
}

function startedText({ startedAt }: SandboxStatus, nowMs: number): string | undefined {
  return startedAt === null ? undefined : relativeTime(nowMs - Date.parse(startedAt));
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Gigabytes and megabytes of 1024-based units with one decimal, else whole kilobytes. */
export function amount(bytes: number): string {
  if (bytes >= 2 ** 30) return `${(bytes / 2 ** 30).toFixed(1)} GB`;
  if (bytes >= 2 ** 20) return `${(bytes / 2 ** 20).toFixed(1)} MB`;
  return `${Math.ceil(bytes / 1024)} KB`;
}

/** `2 hours ago`, in the largest unit that is not zero. */
export function relativeTime(elapsedMs: number): string {
  const units = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
  ] as const;
  for (const [unit, length] of units) {
    const count = Math.floor(elapsedMs / length);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }
  return "just now";
}
