// `npm run bench -- editor`: what a user of the packaged extension waits for in a real workbench.
import { smallMachine } from "#test/support/cli.ts";
import { shows } from "#test/support/waits.ts";
import { noWorkbench, startWorkbench } from "#test/support/workbench.ts";
import type { Window } from "#test/support/workbenchWindow.ts";
import { cpuSecondsWith, startCpuMeter } from "./cpuMeter.ts";
import { machineHost } from "./host.ts";
import { bothCpuSeconds, type Cost, inTurn, median, timed } from "./measure.ts";
import { type BenchProject, benchProject } from "./project.ts";
import type { Figure, Section } from "./report.ts";

const slowMs = 120_000;

const notes = [
  "The workbench is driven through a headless browser on the same computer, which takes its share of the CPUs.",
  "A click on the status bar starts the sandbox; the terminal is then opened by its command, and its prompt counts when it is painted.",
  "The yardstick is the same project's `airlock start -- true` of the packaged program in a terminal, warm as well.",
];

/** Undefined where there is no workbench. */
export async function benchEditor(rounds: number): Promise<Section | undefined> {
  if (noWorkbench !== false) return undefined;
  const { on } = await machineHost();
  // Before the bench has a home of its own: the workbench's programs are kept in the real one.
  const workbench = await startWorkbench();
  const project = benchProject();
  try {
    await project.airlock(["start", "--", "true"]);
    const folder = workbench.folder("bench", { "airlock.toml": smallMachine });
    const window = await workbench.open(folder);
    await shows(window, /stopped/);
    // The first start of the workbench's home prepares the image and the snapshot.
    await click(window);
    await stop(window);
    const [journeys, starts] = await inTurn(
      rounds,
      () => journey(window, workbench.pid),
      () => inTerminal(project),
    );
    const yardstick = median(starts.map(({ ms }) => ms)) / 1000;
    const figure = (name: string, of: (journey: Journey) => readonly Cost[]): Figure => {
      const costs = journeys.map((one) => total(of(one)));
      return {
        ...{ name, ours: median(costs.map(({ ms }) => ms)) / 1000, yardstick, unit: "s" },
        against: "`airlock start -- true` in a terminal",
        cpuSeconds: bothCpuSeconds([costs, starts]),
      };
    };
    const figures = [
      figure("click on the status bar to the prompt, warm", ({ start, prompt }) => [start, prompt]),
      figure("… of which the start", ({ start }) => [start]),
      figure("… of which the terminal", ({ prompt }) => [prompt]),
      figure("reload of the window to the usable terminal", ({ reload }) => [reload]),
    ];
    return { title: "From VS Code", rounds, on, figures, notes };
  } finally {
    await workbench.dispose();
    project.remove();
  }
}

type Journey = { start: Cost; prompt: Cost; reload: Cost };

/** The browser is not counted: a user's editor draws on a screen, and this one does not. */
async function journey(window: Window, serverPid: number): Promise<Journey> {
  const cost = async (work: () => Promise<void>) => {
    const meter = startCpuMeter(serverPid);
    const ms = await timed(work);
    return { ms, cpuSeconds: await meter.stop() };
  };
  const start = await cost(() => click(window));
  const prompt = await cost(async () => {
    await window.command("Airlock: Open Terminal");
    await painted(window, /[#$] *$/);
  });
  const reload = await cost(async () => {
    await window.reload();
    // What is typed before the terminal is back is lost.
    await painted(window, /[#$] *$/);
    const mark = `back-${Math.floor(performance.now())}`;
    await window.typeInTerminal(`echo ${mark}`);
    await painted(window, new RegExp(`^${mark}`, "m"));
  });
  await stop(window);
  return { start, prompt, reload };
}

async function inTerminal(project: BenchProject): Promise<Cost> {
  const usedBefore = cpuSecondsWith();
  const ms = await timed(() => project.airlock(["start", "--", "true"]));
  return { ms, cpuSeconds: cpuSecondsWith() - usedBefore };
}

function total(costs: readonly Cost[]): Cost {
  return costs.reduce((sum, { ms, cpuSeconds }) => ({
    ms: sum.ms + ms,
    cpuSeconds: sum.cpuSeconds + cpuSeconds,
  }));
}

async function click(window: Window): Promise<void> {
  await window.statusBar.locator("a").click();
  await painted(window, /embedded:base/, () => window.statusBar.textContent());
}

async function stop(window: Window): Promise<void> {
  await window.command("Airlock: Stop Sandbox");
  await shows(window, /stopped/, slowMs);
}

/** Looks more often than the tests do: what is measured is shorter. */
async function painted(
  window: Window,
  pattern: RegExp,
  read: () => Promise<string | null> = () => window.terminalText(),
): Promise<void> {
  const deadline = performance.now() + slowMs;
  while (!pattern.test(((await read()) ?? "").trimEnd())) {
    if (performance.now() > deadline) throw new Error(`not painted in time: ${pattern}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
