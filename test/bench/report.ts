// Writes the figures as docs/benchmarks.json and docs/benchmarks.md; each part of a run replaces its own section.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";

/** One comparison: ours against the yardstick, both measured in the same run. */
export type Figure = {
  name: string;
  /** What the product needs. */
  ours: number;
  /** What the yardstick needs. */
  yardstick: number;
  unit: "s" | "ms" | "MB/s";
  /** What the yardstick is. */
  against: string;
  /** What we want: a bound of the ratio, or of what we need more than the yardstick, or of all that we need. */
  goal?: { ratio: number } | { overMs: number } | { totalMs: number };
  /** User and system time of all processes, in seconds. */
  cpuSeconds?: { ours: number; yardstick: number };
};

export type Section = {
  title: string;
  rounds: number;
  /** On what it ran, beside the computer. */
  on?: string;
  figures: readonly Figure[];
  notes: readonly string[];
};

type Written = Section & { host: ReturnType<typeof hostNow> };
type Sections = Record<string, Written>;

const docs = join(import.meta.dirname, "..", "..", "docs");
const order = ["start", "commands", "share", "editor", "image", "language"];

/** Replaces one section in both files. */
export function writeSection(name: string, section: Section): void {
  const sections = { ...read(), [name]: { ...section, host: hostNow() } };
  writeFileSync(
    join(docs, "benchmarks.json"),
    `${JSON.stringify({ format: 2, sections }, null, 2)}\n`,
  );
  const names = order.filter((one) => sections[one] !== undefined);
  const parts = names.flatMap((one) => sectionText(sections[one] as Written));
  writeFileSync(join(docs, "benchmarks.md"), [...preamble, ...parts].join("\n"));
}

function read(): Sections {
  const { sections } = JSON.parse(readFileSync(join(docs, "benchmarks.json"), "utf8")) as {
    sections?: Sections;
  };
  return sections ?? {};
}

function hostNow() {
  const [one = 0, five = 0] = loadavg();
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Of the last minute and the last five; over the number of CPUs, the figures wait for one another. */
    load1: Number(one.toFixed(1)),
    load5: Number(five.toFixed(1)),
    node: process.version,
    date: new Date().toISOString().slice(0, 16),
  };
}

const preamble = [
  "# Benchmarks",
  "",
  "Written by `npm run bench`; the same figures as data are in [benchmarks.json](benchmarks.json).",
  "Each part can be run alone, as `npm run bench -- start`, and replaces its own section.",
  "Read the ratios: the times depend on the machine and on what else it does.",
  "Each row compares two things that were measured in turn in the same run, and gives medians.",
  "Ratios of throughput say how much of the yardstick's is reached, all others how many times its cost is needed; on a loaded computer those near 1 are within the noise.",
  "CPU time is the user and system time of all processes, QEMU included.",
  "",
];

function sectionText({ title, host, rounds, on, figures, notes }: Written): string[] {
  const { date, cpu, memoryGiB, load1, load5, node } = host;
  const computer = `${host.cpus} CPUs (${cpu}), ${memoryGiB} GiB, load average ${load1} in the last minute and ${load5} in the last five`;
  return [
    `## ${title}`,
    "",
    `Measured on ${date} UTC: ${computer}, Node ${node}, ${rounds} rounds${on === undefined ? "" : `, ${on}`}.`,
    "",
    ...table(figures),
    "",
    ...notes,
    "",
  ];
}

function table(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => {
    const { name, ours, yardstick, unit, against } = figure;
    const cells = [name, `${round(ours)} ${unit}`, `${round(yardstick)} ${unit}`];
    return `| ${[...cells, `**${round(ours / yardstick)}**`, goalText(figure), cpuText(figure), against].join(" | ")} |`;
  });
  return [
    "| what | Airlock | yardstick | ratio | goal | CPU time, both | yardstick is |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ];
}

function goalText({ goal, ours, yardstick, unit }: Figure): string {
  if (goal === undefined) return "";
  const scale = unit === "s" ? 1000 : 1;
  if ("overMs" in goal) {
    const over = (ours - yardstick) * scale;
    return `${verdict(over <= goal.overMs)}: ${round(over)} of ${goal.overMs} ms more`;
  }
  if ("totalMs" in goal) return `${verdict(ours * scale <= goal.totalMs)}: ≤ ${goal.totalMs} ms`;
  const ratio = ours / yardstick;
  if (unit === "MB/s") return `${verdict(ratio >= goal.ratio)}: ≥ ${goal.ratio}`;
  return `${verdict(ratio <= goal.ratio)}: ≤ ${goal.ratio}`;
}

function verdict(isMet: boolean): string {
  return isMet ? "met" : "missed";
}

function cpuText({ cpuSeconds }: Figure): string {
  if (cpuSeconds === undefined) return "";
  return `${round(cpuSeconds.ours)} s, ${round(cpuSeconds.yardstick)} s`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
