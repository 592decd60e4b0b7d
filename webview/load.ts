import { formatBytes } from "#shared/bytes.ts";
import type { UsageSample } from "#shared/protocol/panel.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { element, svg } from "./dom.ts";
import { card, facts, meter } from "./sections.ts";

/** Samples that a graph shows: one minute. */
const length = 60;
const width = 240;
const height = 44;

/** The CPUs with one small graph each; without samples it says why there are none. */
export function cpuCard(status: SandboxStatus, samples: readonly UsageSample[]): HTMLElement {
  const last = samples.at(-1);
  const headline = element("p", { class: "headline" }, plural(status.cpus, "virtual CPU"));
  if (last === undefined) return card("CPU", "cpu", headline, waiting(status));
  const graphs = last.cpuPercent.map((percent, cpu) => {
    const values = samples.map((sample) => sample.cpuPercent[cpu] ?? 0);
    const highest = Math.max(...values);
    const words = `CPU ${cpu}: ${Math.round(percent)} % busy, at most ${Math.round(highest)} % in the last minute`;
    return element(
      "figure",
      { class: "core" },
      element(
        "figcaption",
        {},
        `CPU ${cpu}`,
        element("span", { class: "value" }, `${Math.round(percent)} %`),
      ),
      graph(values, 100, words),
    );
  });
  const loads = last.load.map((value) => value.toFixed(2)).join("  ");
  return card(
    "CPU",
    "cpu",
    headline,
    element("div", { class: "cores" }, ...graphs),
    facts(["Load", loads], ["Processes", String(last.processes)]),
  );
}

/** Memory as allocated and as used right now. */
export function memoryCard(status: SandboxStatus, samples: readonly UsageSample[]): HTMLElement {
  const last = samples.at(-1);
  const allocated = formatBytes(status.memoryBytes);
  if (last === undefined) {
    return card(
      "Memory",
      "memory",
      element("p", { class: "headline" }, allocated),
      waiting(status),
    );
  }
  const values = samples.map((sample) => sample.memoryUsedBytes);
  const used = formatBytes(last.memoryUsedBytes);
  return card(
    "Memory",
    "memory",
    element(
      "p",
      { class: "headline" },
      used,
      element("span", { class: "unit" }, ` used of ${allocated} allocated`),
    ),
    meter("Memory in use", last.memoryUsedBytes / last.memoryTotalBytes),
    graph(values, last.memoryTotalBytes, `Memory in use: ${used} now, over the last minute`),
    facts(
      ["Seen by the guest", formatBytes(last.memoryTotalBytes)],
      ["Taken on this machine", formatBytes(last.hostRssBytes)],
    ),
  );
}

function waiting({ status }: SandboxStatus): HTMLElement {
  const text = status === "running" ? "Measuring…" : "Live figures while it runs.";
  return element("p", { class: "quiet" }, text);
}

/** The newest sample is at the right edge; a short history leaves the left empty. */
function graph(values: readonly number[], top: number, label: string): SVGElement {
  const step = width / (length - 1);
  const first = width - (values.length - 1) * step;
  const points = values.map((value, index) => {
    const y = height - 1 - (Math.min(value, top) / top) * (height - 2);
    return `${(first + index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const line = points.join(" ");
  return svg(
    "svg",
    {
      class: "graph",
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    svg("polygon", { points: `${first.toFixed(1)},${height} ${line} ${width},${height}` }),
    svg("polyline", { points: line }),
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
