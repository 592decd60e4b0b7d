// Not execa: loading it takes 15 ms, which each start would wait for twice.
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program call as data. */
export type ProgramCall = { command: string; args: readonly string[] };

export type ProgramOutput = { code: number | null; stdout: string; stderr: string };

/** Runs a short program to its end with bounded time and output, without the last end of a line; code null is a failure to start or to end. */
export function runProgram(
  { command, args }: ProgramCall,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<ProgramOutput> {
  const bounds = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 1_000_000 } as const;
  return new Promise((resolve) => {
    const child = execFile(command, args, { ...bounds, signal }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      const [out = "", err = ""] = [stdout, stderr].map((text) => text.replace(/\n$/, ""));
      resolve({ code: typeof code === "number" ? code : null, stdout: out, stderr: err });
    });
    child.stdin?.end();
  });
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
