// A throw-away project with a home of its own, and the built command line tool run in it.
import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { cpuSecondsWith } from "./cpuMeter.ts";

const program = join(import.meta.dirname, "..", "..", "dist", "airlock.cjs");

const usualBytes = 512 * 2 ** 20;

export type BenchProject = {
  dir: string;
  home: string;
  /** Memory of its machine. */
  memoryBytes: number;
  /** What the last start says of itself. */
  status(): SandboxStatus;
  /** CPU time so far of its running sandbox, of the tools that have run, and of this process, in seconds. */
  cpuSeconds(): number;
  /** Runs the tool to its end; fails when the tool does. */
  airlock(args: readonly string[], options?: RunOptions): Promise<Run>;
  remove(): void;
};

export type RunOptions = {
  env?: Record<string, string>;
  /** Sent to the standard input, which then ends; there is none when left out. */
  input?: Buffer;
};

export type Run = {
  /** Bytes on the standard output. */
  outputBytes: number;
  /** Milliseconds from the start of the tool to the first byte on its standard output. */
  firstByteMs: number;
  /** Milliseconds from the start of the tool to its end. */
  totalMs: number;
};

/**
 * Makes the project; its machine has one CPU, and 512 MiB unless told otherwise. The home of the project is
 * that of this process, too, so that both sides of a comparison find the same image and snapshot.
 */
export function benchProject(memoryBytes = usualBytes): BenchProject {
  const base = mkdtempSync(join(tmpdir(), "ab-"));
  const [dir, home] = [join(base, "project"), join(base, "home")];
  mkdirSync(dir);
  mkdirSync(home);
  const memory = `${memoryBytes / 2 ** 20} MB`;
  writeFileSync(
    join(dir, "airlock.toml"),
    `[vm]\nimage = "embedded:base"\ncpus = 1\nmemory = "${memory}"\n`,
  );
  const homeBefore = process.env.HOME;
  process.env.HOME = home;
  process.env.AIRLOCK_ASSETS = dirname(program);
  const status = (): SandboxStatus =>
    JSON.parse(readFileSync(join(dir, ".airlock/sandbox/run.json"), "utf8")).status;
  return {
    dir,
    home,
    memoryBytes,
    status,
    cpuSeconds: () => cpuSecondsWith([status().supervisorPid ?? 0]),
    airlock: (args, { env = {}, input } = {}) =>
      runTool(args, { cwd: dir, env: { ...process.env, HOME: home, ...env } }, input),
    remove: () => {
      process.env.HOME = homeBefore;
      rmSync(base, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** How the tool is started with its input and output in our hands. */
export function toolCall(
  { dir, home }: BenchProject,
  args: readonly string[],
): [string, string[], { cwd: string; env: NodeJS.ProcessEnv }] {
  return [process.execPath, [program, ...args], { cwd: dir, env: { ...process.env, HOME: home } }];
}

async function runTool(
  args: readonly string[],
  options: SpawnOptions,
  input: Buffer | undefined,
): Promise<Run> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [program, ...args], {
    ...options,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  child.stdin?.end(input);
  let [outputBytes, firstByteMs, errors] = [0, Number.NaN, ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    if (outputBytes === 0) firstByteMs = performance.now() - startMs;
    outputBytes += chunk.length;
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`airlock ${args.join(" ")} ended with ${code}: ${errors}`);
  return { outputBytes, firstByteMs, totalMs: performance.now() - startMs };
}
