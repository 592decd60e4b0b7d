// Starts of real machines with snapshots kept in the home of this test process.
import { mkdirSync } from "node:fs";
import type { TestContext } from "node:test";
import type { MachineRequest } from "#helper/machine/machine.ts";
import { warmDir } from "#helper/warm/paths.ts";
import { type BaseContext, type BaseMachine, startBase } from "#helper/warm/start.ts";
import { createLogger } from "#shared/log.ts";
import {
  attachAll,
  baseImage,
  configure,
  endWithTest,
  machineRequest,
  projectDirectory,
  type RunResult,
  run,
} from "./machine.ts";

export type WarmTestMachine = BaseMachine & {
  project: string;
  /** What the log says, one line each. */
  lines: string[];
  run(...argv: string[]): Promise<RunResult>;
};

export type WarmStartChange = {
  request?: Partial<MachineRequest>;
  context?: Partial<BaseContext>;
  project?: string;
};

/** Starts a machine as the supervisor does, warm if it can; it ends with the test. */
export async function startWarmly(
  t: TestContext,
  change: WarmStartChange = {},
): Promise<WarmTestMachine> {
  const project = change.project ?? projectDirectory(t);
  await baseImage();
  const lines: string[] = [];
  const base = await startBase({
    request: { ...machineRequest(project), ...change.request },
    warm: { enabled: true, maxBytes: 2 ** 30 },
    log: createLogger("test", "info", [({ text }) => lines.push(text)]),
    signal: AbortSignal.timeout(180_000),
    attach: (machine) => attachAll(machine, project),
    phase: (_name, _text, work) => work(),
    bootText: "",
    ...change.context,
    onMachine: (machine) => {
      endWithTest(project, machine);
      change.context?.onMachine?.(machine);
    },
  });
  await base.attached;
  await base.aside;
  await configure(base.link, { machine: base.machine, project });
  return { ...base, project, lines, run: (...argv) => run(base.link, argv) };
}

/** The directory of the snapshots, which exists then. */
export async function preparedWarmDir(): Promise<string> {
  await baseImage();
  mkdirSync(warmDir(), { recursive: true, mode: 0o700 });
  return warmDir();
}
