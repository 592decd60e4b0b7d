// The real command line program in a world of its own: a project and a home in a temporary directory.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxStatus } from "#shared/protocol/status.ts";

export type CliResult = { code: number | null; stdout: string; stderr: string };

export type RunOptions = {
  /** Sent to the standard input, which then ends. */
  input?: string;
  /** Directory to run in, below the project. */
  cwd?: string;
  env?: Record<string, string>;
};

export type CliWorld = {
  home: string;
  /** Symlinks resolved. */
  project: string;
  run(args: readonly string[], options?: RunOptions): Promise<CliResult>;
  spawn(args: readonly string[], options?: RunOptions): ChildProcessWithoutNullStreams;
  /** Runs the program on a terminal of its own; what is typed goes to its standard input. */
  spawnOnTerminal(args: readonly string[], options?: RunOptions): ChildProcessWithoutNullStreams;
  status(): Promise<SandboxStatus>;
  /** The processes that the running or last supervisor recorded, by name. */
  pids(): Record<"supervisor" | "qemu", number>;
  write(path: string, content: string): void;
  /** Stops what runs and removes everything. */
  dispose(): Promise<void>;
};

const root = join(import.meta.dirname, "..", "..");
export const airlock = join(root, "bin", "airlock");

/** A small machine from the embedded image. */
export const smallMachine = `[vm]
image = "embedded:base"
cpus = 1
memory = "512 MB"
[disk]
size = "256 MB"
`;

export function cliWorld(files: Readonly<Record<string, string>>, name = "project"): CliWorld {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "c-")));
  const [home, project] = [join(base, "home"), join(base, name)];
  mkdirSync(home);
  mkdirSync(project, { recursive: true });
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const children = new Set<ChildProcessWithoutNullStreams>();
  const start = (command: string, args: readonly string[], options: RunOptions = {}) => {
    const child = spawn(command, args, {
      cwd: join(project, options.cwd ?? ""),
      env: {
        PATH: process.env.PATH ?? "",
        HOME: home,
        TMPDIR: tmpdir(),
        TERM: "xterm",
        AIRLOCK_NODE: process.execPath,
        AIRLOCK_ACCEL: process.env.AIRLOCK_ACCEL ?? "tcg",
        ...runMark(),
        ...options.env,
      },
    });
    children.add(child);
    child.once("close", () => children.delete(child));
    return child;
  };
  const run = async (args: readonly string[], options: RunOptions = {}) => {
    const child = start(airlock, args, options);
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(options.input ?? "");
    return await resultOf(child);
  };
  return {
    home,
    project,
    run,
    spawn: (args, options) => start(airlock, args, options),
    spawnOnTerminal: (args, options) =>
      start("script", ["-qefc", [airlock, ...args].map(quote).join(" "), "/dev/null"], options),
    status: async () => JSON.parse((await run(["show", "--json"])).stdout) as SandboxStatus,
    pids: () => {
      const record = readFileSync(join(project, ".airlock/sandbox/run.json"), "utf8");
      const processes: { name: string; pid: number }[] = JSON.parse(record).processes;
      const named = Object.fromEntries(processes.map(({ name, pid }) => [name, pid]));
      return { supervisor: named.supervisor ?? 0, qemu: named.qemu ?? 0 };
    },
    write,
    dispose: async () => {
      for (const child of children) child.kill("SIGKILL");
      await run(["stop", "--force"]);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** Waits for something that has no event, and fails when it does not come. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  // A boot of a busy computer without hardware virtualisation may be what is waited for.
  const deadline = performance.now() + 90_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not met in time: ${condition}`);
    await delay(100);
  }
}

export async function resultOf(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { code, stdout, stderr };
}

/** By which a run of all tests finds processes that a test left behind. */
function runMark(): Record<string, string> {
  const mark = process.env.AIRLOCK_TEST_RUN;
  return mark === undefined ? {} : { AIRLOCK_TEST_RUN: mark };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
