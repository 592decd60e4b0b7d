import { execa } from "execa";
import type { ProgramCall } from "./program.ts";

export type Finished = {
  /** Null when a signal ended the program or it could not be started. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
};

type LineOptions = {
  signal: AbortSignal;
  onLine: (line: string) => void;
  /** Time between the polite stop and the hard kill, in milliseconds. */
  graceMs: number;
};

type Killable = { kill(signal: "SIGINT" | "SIGKILL"): boolean };

/** Runs a call to its end and keeps what it printed. Never throws for what the program does. */
export async function runProgram(call: ProgramCall, timeoutMs: number): Promise<Finished> {
  const result = await execa(call.command, [...call.args], {
    cwd: call.cwd,
    env: { ...call.env },
    stdin: "ignore",
    timeout: timeoutMs,
    forceKillAfterDelay: 2_000,
    reject: false,
  });
  const failure = result.exitCode === undefined ? (result.shortMessage ?? "") : "";
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr || failure,
  };
}

/** Runs a call and hands over each line of its output; an abort interrupts it, then kills it. */
export async function runLines(call: ProgramCall, options: LineOptions): Promise<Finished> {
  const child = execa(call.command, [...call.args], {
    cwd: call.cwd,
    env: { ...call.env },
    ...(call.input === undefined ? { stdin: "ignore" } : { input: call.input }),
    reject: false,
    buffer: { stdout: false },
  });
  const stopped = stopOnAbort(child, options);
  for await (const line of child) options.onLine(line);
  const result = await child;
  stopped();
  const failure = result.exitCode === undefined ? (result.shortMessage ?? "") : "";
  return { exitCode: result.exitCode ?? null, stdout: "", stderr: result.stderr || failure };
}

function stopOnAbort(child: Killable, { signal, graceMs }: LineOptions): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGINT");
    timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return () => {
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
  };
}
