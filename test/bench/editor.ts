// `npm run bench -- editor`: what a user of the packaged extension waits for in a real workbench.
import { smallMachine } from "#test/support/cli.ts";
import { shows } from "#test/support/waits.ts";
import { noWorkbench, startWorkbench } from "#test/support/workbench.ts";
import type { Window } from "#test/support/workbenchWindow.ts";
import { machineHost } from "./host.ts";
import { allInTurn, median } from "./measure.ts";
import { benchProject } from "./project.ts";
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
    const [rows = [], terminal = []] = await allInTurn<Journey | number>(rounds, [
      () => journey(window),
      async () => (await project.airlock(["start", "--", "true"])).totalMs,
    ]);
    const journeys = rows as Journey[];
    const seconds = (of: (journey: Journey) => number) => median(journeys.map(of)) / 1000;
    const yardstick = median(terminal as number[]) / 1000;
    const against = "`airlock start -- true` in a terminal";
    const figure = (name: string, ours: number): Figure => ({
      name,
      ours,
      yardstick,
      unit: "s",
      against,
    });
    const figures = [
      figure(
        "click on the status bar to the prompt, warm",
        seconds((one) => one.startMs + one.promptMs),
      ),
      figure(
        "… of which the start",
        seconds(({ startMs }) => startMs),
      ),
      figure(
        "… of which the terminal",
        seconds(({ promptMs }) => promptMs),
      ),
      figure(
        "reload of the window to the usable terminal",
        seconds(({ reloadMs }) => reloadMs),
      ),
    ];
    return { title: "From VS Code", rounds, on, figures, notes };
  } finally {
    await workbench.dispose();
    project.remove();
  }
}

type Journey = { startMs: number; promptMs: number; reloadMs: number };

async function journey(window: Window): Promise<Journey> {
  const startMs = await elapsed(() => click(window));
  const promptMs = await elapsed(async () => {
    await window.command("Airlock: Open Terminal");
    await painted(window, /[#$] *$/);
  });
  const reloadMs = await elapsed(async () => {
    await window.reload();
    const mark = `back-${Math.floor(performance.now())}`;
    await window.typeInTerminal(`echo ${mark}`);
    await painted(window, new RegExp(`^${mark}`, "m"));
  });
  await stop(window);
  return { startMs, promptMs, reloadMs };
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

async function elapsed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}
