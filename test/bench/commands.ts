// `npm run bench -- commands`: commands, a terminal's echo and throughput of a running sandbox, against the link
// to a machine without supervisor and command line, and against a raw virtio-serial port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ExecCall } from "#helper/rpc/exec/call.ts";
import { findRunningProject } from "#helper/sandbox/project.ts";
import { type BareMachine, bootRaw, content } from "./bareMachine.ts";
import { machineHost } from "./host.ts";
import { inTurn, median, quantile, timed } from "./measure.ts";
import { type BenchProject, benchProject, toolCall } from "./project.ts";
import { openRawPort, type RawPort } from "./rawPort.ts";
import type { Figure, Section } from "./report.ts";
import { drain, exec, forwardedCalls, rawCalls } from "./streams.ts";

const streamBytes = 64 * 2 ** 20;
const keys = 100;

const notes = [
  "A command's latency has the start of a Node process in it; the row below it leaves that out, as one process makes many calls to the supervisor.",
  "The raw virtio-serial port is one more port of the bare machine, on which `cat` and `dd` run in the guest; nothing frames, multiplexes or controls the flow of its bytes.",
  "An echo is one byte that the terminal of the guest gives back, through the command line tool, the supervisor and the agent; the figure is what 99 of 100 keys do not exceed.",
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
  const rawTrue = () => timed(() => drain(exec(rawCalls(raw.link.session), ["true"])));
  await rawTrue();
  const against = "the same process on the raw link";
  const [tools, direct] = await inTurn(
    rounds * 4,
    () => timed(() => project.airlock(["exec", "true"])),
    rawTrue,
  );
  const [forwarded, again] = await inTurn(
    rounds * 6,
    () => timed(() => drain(exec(forward, ["true"]))),
    rawTrue,
  );
  const pairs = [
    { name: "`airlock exec true`", times: tools, yardsticks: direct, goal: { overMs: 60 } },
    {
      name: "`true`, without the start of a program",
      times: forwarded,
      yardsticks: again,
      goal: undefined,
    },
  ];
  return pairs.map(({ name, times, yardsticks, goal }) => ({
    ...{ name, ours: median(times), yardstick: median(yardsticks), unit: "ms", against },
    ...(goal && { goal }),
  }));
}

async function echo({ project, port }: Bench, rounds: number): Promise<Figure> {
  const tool = spawn(...toolCall(project, ["exec", "-t", "--", "cat"]));
  const type = async () => {
    const seen = once(tool.stdout, "data");
    tool.stdin.write("x");
    await seen;
  };
  try {
    const typed = await inTurn(
      keys * rounds,
      () => timed(type),
      () => timed(() => port.echo()),
    );
    const [ours = 0, yardstick = 0] = typed.map((times) => quantile(times.slice(keys / 10), 0.99));
    return {
      ...{ name: "echo of a terminal, 99th percentile", ours, yardstick, unit: "ms" },
      ...{ against: "echo of `cat` on a raw virtio-serial port", goal: { ratio: 2 } },
    };
  } finally {
    tool.kill();
    await once(tool, "exit");
  }
}

async function throughput({ project, port }: Bench, rounds: number): Promise<Figure[]> {
  const zeros = ["dd", "if=/dev/zero", "bs=64k", `count=${streamBytes / 2 ** 16}`, "status=none"];
  const figures: Figure[] = [];
  for (const [name, flag] of [["pipe", "-T"] as const, ["terminal", "-t"] as const]) {
    const command = ["exec", flag, "--", ...zeros];
    const [ours, raw] = await inTurn(
      rounds,
      () => speedOf(async () => (await project.airlock(command)).outputBytes),
      () => speedOf(() => port.receive(streamBytes)),
    );
    figures.push({
      ...{ name: `64 MiB out of a command, ${name}`, ours: median(ours), yardstick: median(raw) },
      ...{ unit: "MB/s", against: "a raw virtio-serial port" },
      // A terminal is slow by itself, without any way to the host.
      ...(name === "pipe" && { goal: { ratio: 0.7 } }),
    });
  }
  return figures;
}

async function intake({ project, port }: Bench, rounds: number): Promise<Figure> {
  const input = Buffer.alloc(streamBytes);
  const command = ["exec", "-T", "--", "sh", "-c", "cat > /dev/null"];
  const [ours, raw] = await inTurn(
    rounds,
    () => speedOf(async () => (await project.airlock(command, { input })) && streamBytes),
    () => speedOf(() => port.send(input).then(() => streamBytes)),
  );
  return {
    ...{ name: "64 MiB into a command, pipe", ours: median(ours), yardstick: median(raw) },
    ...{ unit: "MB/s", against: "a raw virtio-serial port", goal: { ratio: 0.7 } },
  };
}

async function speedOf(work: () => Promise<number>): Promise<number> {
  const startMs = performance.now();
  const bytes = await work();
  if (bytes < streamBytes) throw new Error(`${bytes} bytes arrived`);
  return bytes / 1e6 / ((performance.now() - startMs) / 1000);
}
