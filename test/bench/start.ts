// `npm run bench -- start`: from the command to its first output, cold and warm, against a bare QEMU that boots
// or resumes the same kernel.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  type BareMachine,
  bootBare,
  type Content,
  content,
  resumeBare,
  snapshotOf,
} from "./bareMachine.ts";
import { cpuSecondsWith } from "./cpuMeter.ts";
import { type MachineHost, machineHost } from "./host.ts";
import { allInTurn, median, timed } from "./measure.ts";
import { type BenchProject, benchProject } from "./project.ts";
import type { Figure, Section } from "./report.ts";
import { snapshotFigure, suspendFigures } from "./saving.ts";

const largeBytes = 4 * 2 ** 30;
const ownPhases = ["load", "config", "image", "launch", "ready"];

const notes = [
  "A start has everything in it: reading the configuration, the machine, image, disk and project attached, the command, the orderly shutdown, and the end of all processes.",
  "The yardstick of a cold start ends at the agent's first answer and has no disk, no share, no command and no shutdown; that of a warm start copies the same snapshot's memory, and has image, disk and share hot-added, but nothing mounted, no command and no shutdown.",
  "Airlock's own part of a start is what its phases tell beside the machine's: loading the programs, configuration, image, and handing over to the supervisor.",
  "Keeping a snapshot is the phase `snapshot` of a first start; the rest of it goes on beside the sandbox.",
  "Machines have one CPU, and 512 MiB of memory where nothing else is said.",
];

export async function benchStarts(rounds: number): Promise<Section> {
  const { accelerator, kernel, on } = await machineHost();
  const figures: Figure[] = [];
  for (const memoryBytes of [undefined, largeBytes]) {
    const project = benchProject(memoryBytes);
    try {
      // Prepares the image, and keeps a snapshot for the warm starts.
      await project.airlock(["start", "--", "true"]);
      const bench = {
        project,
        accelerator,
        kernel,
        content: await content(project.home, project.dir),
      };
      figures.push(
        ...(memoryBytes === undefined ? await all(bench, rounds) : await large(bench, rounds)),
      );
    } finally {
      project.remove();
    }
  }
  return { title: "Starts", rounds, on, figures, notes };
}

export type Bench = Pick<MachineHost, "accelerator" | "kernel"> & {
  project: BenchProject;
  content: Content;
};
type Cost = { seconds: number; cpuSeconds: number; firstOutputSeconds: number; ownMs: number };

async function all(bench: Bench, rounds: number): Promise<Figure[]> {
  const [cold = [], boot = [], warm = [], resume = [], node = []] = await allInTurn(rounds, [
    () => start(bench, "off"),
    () => bare(() => bootBare(machine(bench))),
    () => start(bench, "on"),
    () => bare(() => resumeOnce(bench)),
    emptyNode,
  ]);
  const booted = "a bare QEMU with the same kernel and initramfs, to the agent's first answer";
  return [
    { ...figure("cold start to the command's first output", first(cold), boot), against: booted },
    { ...figure("cold `start -- true`, with the orderly stop", cold, boot), against: booted },
    ...warmFigures("warm", warm, resume),
    {
      ...figure("warm `start -- true`", warm, cold),
      against: "the cold one",
      // Our own kernel boots so much faster that a resume saves less.
      ...(bench.kernel === "debian" && { goal: { ratio: 0.25 } }),
    },
    {
      name: "CPU time of a boot, all of a cold `start -- true`",
      ours: median(cold.map(({ cpuSeconds }) => cpuSeconds)),
      yardstick: median(boot.map(({ cpuSeconds }) => cpuSeconds)),
      ...{ unit: "s" as const, against: booted },
    },
    await snapshotFigure(bench, rounds),
    ...(await suspendFigures(bench, rounds)),
    {
      name: "Airlock's own part of a warm start",
      ours: median(warm.map(({ ownMs }) => ownMs)),
      yardstick: median(node.map(({ seconds }) => seconds * 1000)),
      unit: "ms",
      against: "one start of Node with an empty program",
      goal: { totalMs: 150 },
    },
  ];
}

async function large(bench: Bench, rounds: number): Promise<Figure[]> {
  const [warm = [], resume = []] = await allInTurn(rounds, [
    () => start(bench, "on"),
    () => bare(() => resumeOnce(bench)),
  ]);
  return warmFigures("warm, with 4 GiB,", warm, resume);
}

function warmFigures(kind: string, ours: readonly Cost[], floor: readonly Cost[]): Figure[] {
  const against = "a bare QEMU that resumes the same snapshot, to the agent's first answer";
  return [
    { ...figure(`${kind} start to the command's first output`, first(ours), floor), against },
    {
      ...figure(`${kind} \`start -- true\`, with the orderly stop`, ours, floor),
      against,
      goal: { ratio: 1.5 },
    },
  ];
}

function figure(name: string, ours: readonly Cost[], yardstick: readonly Cost[]) {
  const wall = (costs: readonly Cost[]) => median(costs.map(({ seconds }) => seconds));
  const cpu = (costs: readonly Cost[]) => median(costs.map(({ cpuSeconds }) => cpuSeconds));
  return {
    name,
    ours: wall(ours),
    yardstick: wall(yardstick),
    unit: "s" as const,
    cpuSeconds: { ours: cpu(ours), yardstick: cpu(yardstick) },
  };
}

function first(costs: readonly Cost[]): Cost[] {
  return costs.map((cost) => ({ ...cost, seconds: cost.firstOutputSeconds }));
}

async function start({ project }: Bench, warm: "on" | "off"): Promise<Cost> {
  const env = { AIRLOCK_WARM: warm };
  const usedBefore = cpuSecondsWith();
  const run = await project.airlock(["start", "--", "echo", "here"], { env });
  const cpuSeconds = cpuSecondsWith() - usedBefore;
  const { phases, startKind } = project.status();
  if (startKind !== (warm === "on" ? "warm" : "cold")) throw new Error(`a ${startKind} start`);
  const own = phases.filter(({ name }) => ownPhases.includes(name));
  const ownMs = own.reduce((sum, { ms }) => sum + ms, 0);
  const [seconds, firstOutputSeconds] = [run.totalMs / 1000, run.firstByteMs / 1000];
  return { seconds, firstOutputSeconds, cpuSeconds, ownMs };
}

function machine({ accelerator, project: { memoryBytes } }: Bench) {
  return { accelerator, memoryBytes };
}

function resumeOnce(bench: Bench): Promise<BareMachine> {
  const { home, memoryBytes } = bench.project;
  const snapshot = snapshotOf(home, memoryBytes);
  if (snapshot === undefined) throw new Error("the product has kept no snapshot");
  return resumeBare(machine(bench), { snapshot, content: bench.content });
}

/** Until the agent has answered; what tidying up takes does not count. */
async function bare(begin: () => Promise<BareMachine>): Promise<Cost> {
  const usedBefore = cpuSecondsWith();
  const startMs = performance.now();
  const running = await begin();
  const seconds = (performance.now() - startMs) / 1000;
  const cpuSeconds = running.qemu.cpuSeconds() - usedBefore;
  await running.end();
  return { seconds, cpuSeconds, firstOutputSeconds: seconds, ownMs: 0 };
}

async function emptyNode(): Promise<Cost> {
  const ms = await timed(() => once(spawn(process.execPath, ["-e", "0"]), "exit"));
  return { seconds: ms / 1000, cpuSeconds: 0, firstOutputSeconds: 0, ownMs: 0 };
}
