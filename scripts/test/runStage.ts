// Runs one stage of the tests: its program in a process group of its own, with a deadline, counted at the end.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Totals } from "#test/support/totalsReporter.ts";
import { findLeftovers, runVariable } from "./leftovers.ts";
import type { Stage } from "./stages.ts";
import { addTotals, goTotals, noTotals, oneFailure } from "./totals.ts";

/** How long a program that a test stopped may take to be gone. */
const settleMs = 8_000;
const root = join(import.meta.dirname, "..", "..");
const reporter = join(root, "test", "support", "totalsReporter.ts");

/** Runs a stage and returns what it counted; whatever goes wrong is a failure in the count. `quiet` drops its output. */
export async function runStage(stage: Stage, { quiet = false } = {}): Promise<Totals> {
  // A short path, because Unix sockets below it have to fit into 108 bytes.
  const tempDir = mkdtempSync("/tmp/at-");
  // Some tests drop to another user, who has to get to his own part of it.
  chmodSync(tempDir, 0o755);
  const runId = randomUUID();
  try {
    const ended = await runProgram(stage, { runId, tempDir, show: quiet ? "ignore" : "inherit" });
    const leftovers = await endLeftovers(runId, tempDir);
    return [countOf(stage, ended, tempDir), ...leftovers].reduce(addTotals);
  } finally {
    rmSync(tempDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Surroundings = { runId: string; tempDir: string; show: "inherit" | "ignore" };
type Ended = { code: number | null; timedOut: boolean; output: string };

async function runProgram(stage: Stage, { runId, tempDir, show }: Surroundings): Promise<Ended> {
  const [program = "", ...args] = stage.command;
  const child = spawn(program, [...reporterArgs(stage, tempDir), ...args], {
    cwd: stage.cwd,
    detached: true,
    stdio: ["ignore", stage.kind === "go" ? "pipe" : show, show],
    env: { ...process.env, ...stageEnvironment(runId, tempDir) },
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, stage.timeoutMs);
  const output = await readAll(child);
  const code = await exitOf(child);
  clearTimeout(timer);
  return { code, timedOut, output };
}

function reporterArgs(stage: Stage, tempDir: string): string[] {
  if (stage.kind !== "node") return [];
  return [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${join(tempDir, "totals.json")}`,
  ];
}

function stageEnvironment(runId: string, tempDir: string): NodeJS.ProcessEnv {
  const bin = join(root, "node_modules", ".bin");
  return {
    [runVariable]: runId,
    // A stage may itself be started by a test; without this Node would not run tests below tests.
    NODE_TEST_CONTEXT: undefined,
    TMPDIR: tempDir,
    AIRLOCK_SCREENSHOTS: process.env.AIRLOCK_SCREENSHOTS ?? join(root, "build", "screenshots"),
    PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
    FORCE_COLOR: process.stdout.isTTY ? "1" : "0",
  };
}

async function readAll(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", (error) => {
      console.error(error.message);
      resolve(null);
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // the group has ended by itself
  }
}

function countOf(stage: Stage, ended: Ended, tempDir: string): Totals {
  if (stage.kind === "check" && !ended.timedOut)
    return ended.code === 0 ? { ...noTotals(), passed: 1 } : oneFailure(stage.name);
  const totals = stage.kind === "go" ? goTotals(ended.output) : nodeTotals(tempDir);
  if (ended.timedOut) {
    const late = oneFailure(`${stage.name}: not done after ${stage.timeoutMs / 60_000} minutes`);
    return addTotals(totals, late);
  }
  if (totals.passed + totals.failed === 0)
    return addTotals(totals, oneFailure(`${stage.name}: no test ran`));
  if (ended.code !== 0 && totals.failed === 0)
    return addTotals(totals, oneFailure(`${stage.name}: the runner ended with ${ended.code}`));
  return totals;
}

function nodeTotals(tempDir: string): Totals {
  try {
    const lines = readFileSync(join(tempDir, "totals.json"), "utf8").trimEnd().split("\n");
    return JSON.parse(lines.at(-1) ?? "");
  } catch {
    return noTotals(); // the runner died before its report; the caller counts that as a failure
  }
}

/** Ends what the stage left running; each such process is a failure. */
async function endLeftovers(runId: string, tempDir: string): Promise<Totals[]> {
  const deadline = Date.now() + settleMs;
  let left = findLeftovers(runId, tempDir);
  while (left.length > 0 && Date.now() < deadline) {
    await delay(200);
    left = findLeftovers(runId, tempDir);
  }
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  return left.map(({ pid, command }) => oneFailure(`left running: process ${pid}: ${command}`));
}
