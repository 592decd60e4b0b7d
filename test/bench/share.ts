// `npm run bench -- share`: work on the files of the project, against a bare machine with a virtiofsd in its
// default mode.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecCall } from "#helper/rpc/exec/call.ts";
import { findRunningProject } from "#helper/sandbox/project.ts";
import { bootRaw, content } from "./bareMachine.ts";
import { machineHost } from "./host.ts";
import { bothCpuSeconds, costsInTurn, type Metered, median } from "./measure.ts";
import { benchProject } from "./project.ts";
import type { Figure, Section } from "./report.ts";
import { drain, exec, forwardedCalls, rawCalls } from "./streams.ts";

const [directories, filesEach] = [30, 50];
const fileCount = directories * filesEach;

const works = [
  [`finding ${fileCount} files`, "find tree -type f | wc -l"],
  [`reading ${fileCount} files of 3 kB`, "find tree -type f -exec cat {} + | wc -c"],
  [
    "making and deleting 300 files",
    `rm -rf "made-$1"; mkdir "made-$1"; n=0; while [ $n -lt 300 ]; do echo > "made-$1/$n"; n=$((n+1)); done; rm -r "made-$1"`,
  ],
] as const;

const notes = [
  "Both machines see the same directory; the guest that is not measured is idle.",
  "The bare machine's virtiofsd trusts names and sizes for a second, ours for a fifth of it, so that edits on the host are seen at once.",
];

export async function benchShare(rounds: number): Promise<Section> {
  const { accelerator, on } = await machineHost();
  const project = benchProject();
  try {
    plant(join(project.dir, "tree"));
    await project.airlock(["start", "--detach"]);
    const place = await content(project.home, project.dir);
    const raw = await bootRaw({ accelerator, memoryBytes: project.memoryBytes }, place);
    try {
      const socket = findRunningProject(project.dir)?.socket ?? "";
      const sides = {
        ours: { call: forwardedCalls(socket), cpuSeconds: project.cpuSeconds },
        raw: { call: rawCalls(raw.link.session), cpuSeconds: raw.qemu.cpuSeconds },
      };
      const figures: Figure[] = [];
      for (const work of works) figures.push(await compare(work, sides, rounds));
      return { title: "The project's files", rounds, on, figures, notes };
    } finally {
      await raw.end();
    }
  } finally {
    await project.airlock(["stop", "--force"]);
    project.remove();
  }
}

async function compare(
  [name, script]: readonly [string, string],
  sides: { ours: Side; raw: Side },
  rounds: number,
): Promise<Figure> {
  const metered = ({ call, cpuSeconds }: Side, who: string): Metered => ({
    work: () => drain(exec(call, ["sh", "-c", script, "sh", who])),
    cpuSeconds,
  });
  const [mine, bare] = [metered(sides.ours, "ours"), metered(sides.raw, "raw")];
  // The first time, the host and the guests have nothing in their caches.
  await mine.work();
  await bare.work();
  const costs = await costsInTurn(rounds, mine, bare);
  const [ours = 0, yardstick = 0] = costs.map((side) => median(side.map(({ ms }) => ms / 1000)));
  return {
    ...{ name, ours, yardstick, unit: "s", cpuSeconds: bothCpuSeconds(costs) },
    ...{ against: "a bare virtiofsd in its default mode", goal: { ratio: 1.2 } },
  };
}

type Side = { call: ExecCall; cpuSeconds: () => number };

function plant(tree: string): void {
  for (let directory = 0; directory < directories; directory++) {
    const path = join(tree, `d${directory}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesEach; file++) {
      writeFileSync(join(path, `f${file}.txt`), "x".repeat(3000));
    }
  }
}
