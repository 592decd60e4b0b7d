import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { dyingWithParent } from "./dyingWithParent.ts";
import { processFailed } from "./errors.ts";
import { boundedLog } from "./log/boundedLog.ts";
import type { ProgramCall } from "./program.ts";

export type ProcessEnd = { code: number | null; signal: string | null };

/** A long-running child that ends with this process. */
export type Child = {
  pid: number;
  /** Settles when the process is gone; never rejects. */
  ended: Promise<ProcessEnd>;
  /** What it says on descriptor 3, when that was asked for. */
  told?: Readable;
  /** Asks politely, then forces after the grace; settles when the process is gone. */
  stop(graceMs?: number): Promise<void>;
};

export type ChildOptions = {
  cwd: string;
  /** File for the standard error. */
  logPath: string;
  /** File for the standard output; the same as `logPath` when left out. */
  outputPath?: string;
  /** Open file that becomes the standard input; there is none when left out. */
  inputDescriptor?: number | undefined;
  /** Whether descriptor 3 is for the child to tell us something. */
  tells?: boolean;
};

/**
 * Starts a child in its own session, so that Ctrl-C in a terminal reaches only us. Its output passes
 * through us into bounded files: a guest must not be able to fill the host's disk with messages. On
 * Linux the kernel kills the child when this process dies, however it dies.
 */
export async function startChild(call: ProgramCall, options: ChildOptions): Promise<Child> {
  const { command, args } = await dyingWithParent(call);
  const { logPath, outputPath } = options;
  const log = boundedLog(logPath);
  const output = outputPath === undefined ? undefined : boundedLog(outputPath);
  const subprocess = spawn(command, args, {
    cwd: options.cwd,
    env: sparseEnvironment(),
    stdio: [
      options.inputDescriptor ?? "ignore",
      "pipe",
      "pipe",
      ...(options.tells ? ["pipe" as const] : []),
    ],
    detached: true,
  });
  const { pid } = subprocess;
  if (pid === undefined) {
    const [cause] = (await once(subprocess, "error")) as [Error];
    throw processFailed(`${call.command} could not be started: ${cause.message}`, cause);
  }
  // A number for the standard input hides from the types that the others are pipes.
  const [stdout, stderr] = [subprocess.stdout as Readable, subprocess.stderr as Readable];
  log(output === undefined ? [stdout, stderr] : [stderr]);
  output?.([stdout]);
  const ended = new Promise<ProcessEnd>((resolve) => {
    // A signal that could not be sent: the process has just ended.
    subprocess.on("error", () => undefined);
    subprocess.once("close", (code, signal) => resolve({ code, signal }));
  });
  // Where the kernel does not tie the child to us, an ordinary exit still ends it.
  const endWithUs = () => void subprocess.kill("SIGKILL");
  process.once("exit", endWithUs);
  void ended.then(() => process.off("exit", endWithUs));
  const stop = async (graceMs = 1000) => {
    if (graceMs === 0) subprocess.kill("SIGKILL");
    else subprocess.kill("SIGTERM");
    const force = setTimeout(() => subprocess.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(force);
  };
  return { pid, ended, stop, ...(options.tells && { told: subprocess.stdio[3] as Readable }) };
}

/**
 * What a program that a guest can talk to gets of our environment: nothing that could be a secret of the
 * user's. Were it broken out of, it would be there to read.
 */
export function sparseEnvironment(all = process.env): Record<string, string> {
  const known = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && needed.test(entry[0]),
  );
  return Object.fromEntries(known);
}

const needed =
  /^(?:PATH|HOME|TMPDIR|TZ|LANG|LC_[A-Z]+|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|AIRLOCK_[A-Z_]+)$/;
