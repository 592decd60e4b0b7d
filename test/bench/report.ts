// Writes the figures as docs/benchmarks.json and docs/benchmarks.md.
import { writeFileSync } from "node:fs";
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
};

export type Circumstances = { accelerator: string; qemu: string; rounds: number };

const docs = join(import.meta.dirname, "..", "..", "docs");

/** Writes both files. */
export function writeReport(figures: readonly Figure[], circumstances: Circumstances): void {
  const host = {
    cpu: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Of the last five minutes; over the number of CPUs, the figures wait for one another. */
    loadAverage: Number((loadavg()[1] ?? 0).toFixed(1)),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const record = { ...circumstances, host, figures };
  writeFileSync(join(docs, "benchmarks.json"), `${JSON.stringify(record, null, 2)}\n`);
  const rows = figures.map(
    ({ name, ours, yardstick, unit, against }) =>
      `| ${name} | ${round(ours)} ${unit} | ${round(yardstick)} ${unit} | **${round(ours / yardstick)}** | ${against} |`,
  );
  writeFileSync(
    join(docs, "benchmarks.md"),
    [
      "# Benchmarks",
      "",
      "Written by `npm run bench`; the same figures as data are in [benchmarks.json](benchmarks.json).",
      "Read the ratios: the times depend on the machine and on what else it does.",
      "Each row compares two things that were measured in turn in the same run, and gives medians.",
      "",
      `Measured on ${host.date}: ${host.cpus} CPUs (${host.cpu}), ${host.memoryGiB} GiB, load average ${host.loadAverage}, Node ${host.node}, QEMU ${circumstances.qemu}, accelerator \`${circumstances.accelerator}\`, ${circumstances.rounds} rounds; the machine has one CPU and 512 MiB.`,
      "",
      "| what | Airlock | yardstick | ratio | yardstick is |",
      "|---|---|---|---|---|",
      ...rows,
      "",
      ...notes,
      "",
    ].join("\n"),
  );
}

const notes = [
  "Ratios of throughput say how much of the yardstick's is reached, all others how many times its cost is needed; on a loaded computer those near 1 are within the noise.",
  "A cold start has everything in it: reading the configuration, the machine, its boot, image, disk and project attached, the command, the orderly shutdown, and the end of all processes.",
  "The yardstick of a cold start ends at the agent's first answer and has no disk, no share and no shutdown.",
  "CPU seconds are user and system time of all processes of a start, QEMU included, read every 20 ms.",
  "A command's latency has the start of a Node process in it; the row below it leaves that out, by using one connection to the supervisor for many commands.",
];

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
