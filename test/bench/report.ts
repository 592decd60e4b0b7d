// Writes the figures as docs/benchmarks.json and docs/benchmarks.md.
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
};

export type Circumstances = { accelerator: string; qemu: string; rounds: number };

const docs = join(import.meta.dirname, "..", "..", "docs");

type Host = ReturnType<typeof hostNow>;
type Section = { rounds: number; host: Host; figures: readonly Figure[] };
type Record = Circumstances & Section & { image?: Section; language?: Section };

/** Replaces the figures of starts and commands in both files. */
export function writeReport(figures: readonly Figure[], circumstances: Circumstances): void {
  const { image, language } = read();
  write({ ...circumstances, host: hostNow(), figures, ...defined({ image, language }) });
}

/** Replaces the figures of images in both files. */
export function writeImageReport(figures: readonly Figure[], rounds: number): void {
  write({ ...read(), image: { rounds, host: hostNow(), figures } });
}

/** Replaces the figures of the language server in both files. */
export function writeLanguageReport(figures: readonly Figure[], rounds: number): void {
  write({ ...read(), language: { rounds, host: hostNow(), figures } });
}

function read(): Record {
  return JSON.parse(readFileSync(join(docs, "benchmarks.json"), "utf8")) as Record;
}

function defined(sections: { image: Section | undefined; language: Section | undefined }) {
  const { image, language } = sections;
  return { ...(image && { image }), ...(language && { language }) };
}

function hostNow() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Of the last five minutes; over the number of CPUs, the figures wait for one another. */
    loadAverage: Number((loadavg()[1] ?? 0).toFixed(1)),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

function write(record: Record): void {
  writeFileSync(join(docs, "benchmarks.json"), `${JSON.stringify(record, null, 2)}\n`);
  const { image, language } = record;
  writeFileSync(
    join(docs, "benchmarks.md"),
    [
      "# Benchmarks",
      "",
      "Written by `npm run bench`; the same figures as data are in [benchmarks.json](benchmarks.json).",
      "Read the ratios: the times depend on the machine and on what else it does.",
      "Each row compares two things that were measured in turn in the same run, and gives medians.",
      "",
      `${measuredOn(record)}, QEMU ${record.qemu}, accelerator \`${record.accelerator}\`; the machine has one CPU and 512 MiB.`,
      "",
      ...table(record.figures),
      "",
      ...notes,
      "",
      ...(image === undefined ? [] : section("Images", image, imageNotes)),
      ...(language === undefined ? [] : section("Language server", language, languageNotes)),
    ].join("\n"),
  );
}

function section(title: string, measured: Section, remarks: readonly string[]): string[] {
  return [
    `## ${title}`,
    "",
    `${measuredOn(measured)}.`,
    "",
    ...table(measured.figures),
    "",
    ...remarks,
    "",
  ];
}

function measuredOn({ host, rounds }: Section): string {
  return `Measured on ${host.date}: ${host.cpus} CPUs (${host.cpu}), ${host.memoryGiB} GiB, load average ${host.loadAverage}, Node ${host.node}, ${rounds} rounds`;
}

function table(figures: readonly Figure[]): string[] {
  const rows = figures.map(
    ({ name, ours, yardstick, unit, against }) =>
      `| ${name} | ${round(ours)} ${unit} | ${round(yardstick)} ${unit} | **${round(ours / yardstick)}** | ${against} |`,
  );
  return [
    "| what | Airlock | yardstick | ratio | yardstick is |",
    "|---|---|---|---|---|",
    ...rows,
  ];
}

const notes = [
  "Ratios of throughput say how much of the yardstick's is reached, all others how many times its cost is needed; on a loaded computer those near 1 are within the noise.",
  "A cold start has everything in it: reading the configuration, the machine, its boot, image, disk and project attached, the command, the orderly shutdown, and the end of all processes.",
  "The yardstick of a cold start ends at the agent's first answer and has no disk, no share and no shutdown.",
  "CPU seconds are user and system time of all processes of a start, QEMU included, read every 20 ms.",
  "A command's latency has the start of a Node process in it; the row below it leaves that out, by using one connection to the supervisor for many commands.",
];

const imageNotes = [
  "Making an image has everything in it: reading and checking the layers, inflating, merging, writing the file and forcing it to the disk.",
  "`umoci unpack` forces nothing to the disk.",
];

const languageNotes = [
  "These are 95th percentiles: from a key typed in the middle of the file to its proposals, and from an edit to the right problems, without the pause that the server makes while somebody types.",
  "Both servers are programs that speak over their standard streams; their rounds take turns, after as many that warm them up.",
  "Taplo runs as WebAssembly here, the form in which its project publishes it as a library.",
];

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
