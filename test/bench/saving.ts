// What it costs to save a machine: its snapshot at the first start, and the whole of a sandbox.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { snapshotOf } from "./bareMachine.ts";
import { allInTurn, inTurn, median, timed } from "./measure.ts";
import type { BenchProject } from "./project.ts";
import type { Figure } from "./report.ts";

type Bench = { project: BenchProject };

/** How long a first start waits for its snapshot. */
export async function snapshotFigure({ project }: Bench, rounds: number): Promise<Figure> {
  const [ours, yardstick] = await inTurn(
    rounds,
    () => firstStart(project),
    () => copyMemory(project),
  );
  return {
    ...{ name: "keeping the snapshot in a first start", unit: "ms" },
    ...{ ours: median(ours), yardstick: median(yardstick) },
    ...{ against: "`cp` of its memory between two places in RAM", goal: { totalMs: 300 } },
  };
}

async function firstStart(project: BenchProject): Promise<number> {
  await project.airlock(["image", "prune", "--warm"]);
  await project.airlock(["start", "--", "true"]);
  const phase = project.status().phases.find(({ name }) => name === "snapshot");
  if (phase === undefined) throw new Error("no snapshot was kept");
  return phase.ms;
}

async function copyMemory({ home, memoryBytes }: BenchProject): Promise<number> {
  const place = mkdtempSync("/dev/shm/ab-");
  const [source, target] = [join(place, "source"), join(place, "target")];
  const copy = (from: string, to: string) => execFileSync("cp", ["--sparse=always", from, to]);
  try {
    copy(join(snapshotOf(home, memoryBytes) ?? "", "memory"), source);
    return await timed(async () => copy(source, target));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Suspending a sandbox and going on with it, against ending it and starting it again. */
export async function suspendFigures({ project }: Bench, rounds: number): Promise<Figure[]> {
  const run = async (...words: string[]) => (await project.airlock(words)).totalMs / 1000;
  await run("start", "--detach");
  const steps = [
    () => run("suspend"),
    () => run("start", "--detach"),
    () => run("stop"),
    () => run("start", "--detach"),
  ];
  const times = await allInTurn(rounds, steps);
  await run("stop", "--force");
  const [suspend = 0, resume = 0, stop = 0, warm = 0] = times.map(median);
  const unit = "s" as const;
  return [
    { name: "`suspend`", ours: suspend, yardstick: stop, unit, against: "`stop`" },
    {
      ...{ name: "`start --detach` of a suspended sandbox", ours: resume, yardstick: warm, unit },
      against: "a warm `start --detach`",
    },
  ];
}
