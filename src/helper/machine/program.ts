import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";

/** A program call as data. */
export type ProgramCall = { command: string; args: readonly string[] };

export type ProgramOutput = { code: number | null; stdout: string; stderr: string };

/** Runs a short program to its end with bounded time and output; a failure to start is code null. */
export async function runProgram(
  { command, args }: ProgramCall,
  options: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<ProgramOutput> {
  const result = await execa(command, args, {
    stdin: "ignore",
    reject: false,
    timeout: options.timeoutMs,
    maxBuffer: 1_000_000,
    forceKillAfterDelay: 500,
    ...(options.signal && { cancelSignal: options.signal }),
  });
  return { code: result.exitCode ?? null, stdout: result.stdout, stderr: result.stderr };
}

/** Absolute path of a program: in PATH, then in the extra directories. */
export async function findProgram(
  name: string,
  extraDirectories: readonly string[] = [],
): Promise<string | undefined> {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...extraDirectories];
  for (const directory of directories) {
    if (directory === "") continue;
    const path = join(directory, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    // A turn through Node's threads would take far longer than the look itself.
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
