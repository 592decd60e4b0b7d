// `npm run bench -- commands`: commands, a terminal's echo and throughput of a running sandbox, against the link
// to a machine without supervisor and command line, and against a raw virtio-serial port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ExecCall } from "#helper/rpc/exec/call.ts";
import { findRunningProject } from "#helper/sandbox/project.ts";
import { type BareMachine, bootRaw, content } from "./bareMachine.ts";
import { cpuSecondsOf } from "./cpuMeter.ts";
import { machineHost } from "./host.ts";
import {
  bothCpuSeconds,
  type Cost,
  costsInARow,
  costsInTurn,
  inTurn,
  type Metered,
  median,
  quantile,
} from "./measure.ts";
import { type BenchProject, benchProject, toolCall } from "./project.ts";
import { openRawPort, type RawPort } from "./rawPort.ts";
import type { Figure, Section } from "./report.ts";
import { drain, exec, forwardedCalls, rawCalls } from "./streams.ts";

const streamBytes = 64 * 2 ** 20;
/** Typed one after the other before the other side's turn. */
const keys = 200;

const notes = [
  "A command's latency has the start of a Node process in it; the row below it leaves that out, as one process makes many calls to the supervisor.",
  "The raw virtio-serial port is one more port of the bare machine, on which `cat` and `dd` run in the guest; nothing frames, multiplexes or controls the flow of its bytes.",
  "An echo is one byte that the terminal of the guest gives back, through the command line tool, the supervisor and the agent; the figure is what 99 of 100 keys do not exceed, each typed when the one before has come back.",
];

type Bench = { project: BenchProject; raw: BareMachine; forward: ExecCall; port: RawPort };

export async function benchCommands(rounds: number): Promise<Section> {
  const { accelerator, on } = await machineHost();
  const project = benchProject();
  try {
    await project.airlock(["start", "--detach"]);
    const place = await content(project.home, project.dir);
    const raw = await bootRaw({ accelerator, memoryBytes: project.memoryBytes }, place);
    const port = await openRawPort(raw);
    const forward = forwardedCalls(findRunningProject(project.dir)?.socket ?? "");
    try {
      const bench = { project, raw, port, forward };
      const figures = [
        ...(await latency(bench, rounds)),
        await echo(bench, rounds),
        ...(await throughput(bench, rounds)),
        await intake(bench, rounds),
      ];
      return { title: "Commands in a running sandbox", rounds, on, figures, notes };
    } finally {
      port.close();
      await raw.end();
    }
  } finally {
    await project.airlock(["stop", "--force"]);
    project.remove();
  }
}

async function latency({ project, raw, forward }: Bench, rounds: number): Promise<Figure[]> {
  const direct = rawCalls(raw.link.session);
  const rawTrue = bare(raw, () => drain(exec(direct, ["true"])));
  await rawTrue.work();
  const tool = ours(project, () => project.airlock(["exec", "true"]));
  const forwarded = ours(project, () => drain(exec(forward, ["true"])));
  const unit = "ms" as const;
  const against = "the same process on the raw link";
  const figure = (name: string, costs: [Cost[], Cost[]]) => {
    const [ours = 0, yardstick = 0] = costs.map((side) => median(side.map(({ ms }) => ms)));
    return { name, ours, yardstick, unit, against, cpuSeconds: bothCpuSeconds(costs) };
  };
  return [
    {
      ...figure("`airlock exec true`", await costsInTurn(rounds * 4, tool, rawTrue)),
      goal: { overMs: 60 },
    },
    figure(
      "`true`, without the start of a program",
      await costsInTurn(rounds * 6, forwarded, rawTrue),
    ),
  ];
}

async function echo({ project, raw, port }: Bench, rounds: number): Promise<Figure> {
  const tool = spawn(...toolCall(project, ["exec", "-t", "--", "cat"]));
  const type = async () => {
    const seen = once(tool.stdout, "data");
    tool.stdin.write("x");
    await seen;
  };
  const toolPid = tool.pid ?? 0;
  const typing = {
    work: type,
    cpuSeconds: () => project.cpuSeconds() + cpuSecondsOf(toolPid),
  };
  try {
    const echoing = bare(raw, () => port.echo());
    for (const side of [typing, echoing]) await costsInARow(keys / 10, side);
    const typed = await inTurn(
      rounds,
      () => costsInARow(keys, typing),
      () => costsInARow(keys, echoing),
    );
    const costs: [Cost[], Cost[]] = [typed[0].flat(), typed[1].flat()];
    const [ours = 0, yardstick = 0] = costs.map((side) =>
      quantile(
        side.map(({ ms }) => ms),
        0.99,
      ),
    );
    return {
      ...{ name: "echo of a terminal, 99th percentile", ours, yardstick, unit: "ms" },
      ...{ against: "echo of `cat` on a raw virtio-serial port", goal: { ratio: 2 } },
      cpuSeconds: bothCpuSeconds(costs),
    };
  } finally {
    tool.kill();
    await once(tool, "exit");
  }
}

async function throughput({ project, raw, port }: Bench, rounds: number): Promise<Figure[]> {
  const zeros = ["dd", "if=/dev/zero", "bs=64k", `count=${streamBytes / 2 ** 16}`, "status=none"];
  const figures: Figure[] = [];
  for (const [name, flag] of [["pipe", "-T"] as const, ["terminal", "-t"] as const]) {
    const command = ["exec", flag, "--", ...zeros];
    const costs = await costsInTurn(
      rounds,
      ours(project, async () => whole((await project.airlock(command)).outputBytes)),
      bare(raw, async () => whole(await port.receive(streamBytes))),
    );
    figures.push({
      ...{ name: `64 MiB out of a command, ${name}`, ...speeds(costs) },
      // A terminal is slow by itself, without any way to the host.
      ...(name === "pipe" && { goal: { ratio: 0.7 } }),
    });
  }
  return figures;
}

async function intake({ project, raw, port }: Bench, rounds: number): Promise<Figure> {
  const input = Buffer.alloc(streamBytes);
  const command = ["exec", "-T", "--", "sh", "-c", "cat > /dev/null"];
  const costs = await costsInTurn(
    rounds,
    ours(project, () => project.airlock(command, { input })),
    bare(raw, () => port.send(input)),
  );
  return { name: "64 MiB into a command, pipe", ...speeds(costs), goal: { ratio: 0.7 } };
}

function ours({ cpuSeconds }: BenchProject, work: Metered["work"]): Metered {
  return { work, cpuSeconds };
}

function bare({ qemu }: BareMachine, work: Metered["work"]): Metered {
  return { work, cpuSeconds: qemu.cpuSeconds };
}

function whole(bytes: number): void {
  if (bytes < streamBytes) throw new Error(`${bytes} bytes arrived`);
}

function speeds(costs: [Cost[], Cost[]]): Omit<Figure, "name"> {
  const [ours = 0, yardstick = 0] = costs.map((side) =>
    median(side.map(({ ms }) => streamBytes / 1e3 / ms)),
  );
  const against = "a raw virtio-serial port";
  return { ours, yardstick, unit: "MB/s", against, cpuSeconds: bothCpuSeconds(costs) };
}
