// `npm run bench -- sandbox`: starts and commands against a bare machine. Importing this runs it.
import { chooseAccelerator } from "#helper/machine/accelerator.ts";
import { findQemu } from "#helper/machine/qemu.ts";
import { connectExec, type ExecCall, execOver } from "#helper/rpc/exec/call.ts";
import { findRunningProject } from "#helper/sandbox/project.ts";
import { type BareMachine, bootBare, bootRaw, kernelPath } from "./bareMachine.ts";
import { startCpuMeter } from "./cpuMeter.ts";
import { inTurn, median, timed } from "./measure.ts";
import { type BenchProject, benchProject } from "./project.ts";
import { type Figure, writeReport } from "./report.ts";
import { drain, exec } from "./streams.ts";

const rounds = Number(process.env.AIRLOCK_BENCH_ROUNDS ?? 7);
const manyRounds = rounds * 5;
const streamBytes = 64 * 2 ** 20;
const megabyte = 1e6;

const project = benchProject();
process.env.HOME = project.home;
process.env.AIRLOCK_ASSETS = project.assetsDir;
try {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const qemu = await findQemu(arch);
  const { accelerator } = await chooseAccelerator({ kernelPath, qemu });
  // The first start prepares the image; it is not what is measured.
  await project.airlock(["start", "--", "true"]);
  const figures = [...(await coldStart(accelerator)), ...(await running(accelerator))];
  writeReport(figures, { accelerator, qemu: qemu.version, rounds });
} finally {
  project.remove();
}

type Accelerator = Parameters<typeof bootBare>[0];
type Cost = { seconds: number; cpuSeconds: number };

/** A whole `airlock start -- true` against the boot of a bare machine. */
async function coldStart(accelerator: Accelerator): Promise<Figure[]> {
  const firstOutputs: number[] = [];
  const [starts, boots] = await inTurn(
    rounds,
    () =>
      metered(async (env) => {
        const run = await project.airlock(["start", "--", "echo", "here"], { env });
        firstOutputs.push(run.firstByteMs / 1000);
      }),
    () =>
      metered(async (env, stopped) => {
        const machine = await bootBare(accelerator, env);
        await stopped();
        await machine.end();
      }),
  );
  const wall = (costs: Cost[]): number => median(costs.map(({ seconds }) => seconds));
  const cpu = (costs: Cost[]): number => median(costs.map(({ cpuSeconds }) => cpuSeconds));
  const against = "a bare QEMU with the same kernel and initramfs, to the agent's first answer";
  const yardstick = wall(boots);
  return [
    {
      name: "cold start to the command's first output",
      ours: median(firstOutputs),
      yardstick,
      unit: "s",
      against,
    },
    {
      name: "cold start, command and orderly stop",
      ours: wall(starts),
      yardstick,
      unit: "s",
      against,
    },
    { name: "CPU time of the same", ours: cpu(starts), yardstick: cpu(boots), unit: "s", against },
  ];
}

/** Time and CPU time of some work; `stopped` ends the measurement before the work's tidying up. */
async function metered(
  work: (env: Record<string, string>, stopped: () => Promise<void>) => Promise<void>,
): Promise<Cost> {
  const meter = startCpuMeter();
  const startMs = performance.now();
  let cost: Cost | undefined;
  const stop = async (): Promise<void> => {
    cost ??= { seconds: (performance.now() - startMs) / 1000, cpuSeconds: await meter.stop() };
  };
  await work(meter.env, stop);
  await stop();
  if (!cost) throw new Error("nothing was measured");
  return cost;
}

/** Latency and throughput of commands in a running sandbox against the link to a machine without one. */
async function running(accelerator: Accelerator): Promise<Figure[]> {
  const raw = await bootRaw(accelerator);
  try {
    await project.airlock(["start", "--detach"]);
    const sandbox = findRunningProject(project.dir);
    if (!sandbox) throw new Error("the sandbox does not run");
    const connection = await connectExec(sandbox.socket);
    try {
      return [...(await latency(raw, connection.exec)), ...(await throughput(project, raw))];
    } finally {
      connection.close();
    }
  } finally {
    await raw.end();
    await project.airlock(["stop"]);
  }
}

async function latency(raw: BareMachine, forward: ExecCall): Promise<Figure[]> {
  const hello = (): Promise<number> => timed(() => raw.link.agent.hello({}));
  const rawTrue = (): Promise<number> => timed(() => drain(exec(rawCall(raw), ["true"])));
  await hello();
  await rawTrue();
  const [tools, hellos] = await inTurn(
    rounds * 2,
    () => timed(() => project.airlock(["exec", "true"])),
    hello,
  );
  const [forwarded, direct] = await inTurn(
    manyRounds,
    () => timed(() => drain(exec(forward, ["true"]))),
    rawTrue,
  );
  return [
    {
      name: "`airlock exec true`",
      ours: median(tools),
      yardstick: median(hellos),
      unit: "ms",
      against: "one call of Hello on the raw link",
    },
    {
      name: "`true` through the supervisor, connection kept",
      ours: median(forwarded),
      yardstick: median(direct),
      unit: "ms",
      against: "the same process on the raw link",
    },
  ];
}

async function throughput({ airlock }: BenchProject, raw: BareMachine): Promise<Figure[]> {
  const zeros = ["dd", "if=/dev/zero", "bs=64k", `count=${streamBytes / 2 ** 16}`, "status=none"];
  const figures: Figure[] = [];
  for (const [name, flag, terminal] of [
    ["64 MiB out of a command, pipe", "-T", false],
    ["64 MiB out of a command, terminal", "-t", true],
  ] as const) {
    const speedOf = async (work: () => Promise<number>): Promise<number> => {
      const startMs = performance.now();
      const bytes = await work();
      if (bytes < streamBytes) throw new Error(`${bytes} bytes arrived`);
      return bytes / megabyte / ((performance.now() - startMs) / 1000);
    };
    const [ours, direct] = await inTurn(
      Math.ceil(rounds / 2),
      () => speedOf(async () => (await airlock(["exec", flag, "--", ...zeros])).outputBytes),
      () => speedOf(() => drain(exec(rawCall(raw), zeros, { terminal }))),
    );
    figures.push({
      name,
      ours: median(ours),
      yardstick: median(direct),
      unit: "MB/s",
      against: "the same process on the raw link",
    });
  }
  return figures;
}

/** The same call as a client of the supervisor makes, on the link itself. */
function rawCall({ link }: BareMachine): ExecCall {
  return (requests) => execOver(link.session, requests);
}
