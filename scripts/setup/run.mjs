// What the set-up steps share: where the tree is, how a step speaks, and how a program is run.
// Plain JavaScript without packages, because it runs before the first `npm ci`.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the project's tree. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The Node that the project pins; it exists once the npm packages are installed. */
export const projectNode = join(root, "node_modules", ".bin", "node");

/** A failure with a message for the person at the terminal; printed without a stack. */
export class SetupError extends Error {}

/** Prints one line about what is being done. */
export function say(text) {
  process.stderr.write(`airlock: ${text}\n`);
}

/**
 * Runs a program in the project's tree with its output on the terminal, and throws a `SetupError`
 * when it fails. `quiet` keeps the output back unless the program fails.
 */
export function run(command, args, { env = {}, quiet = false, cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : ["ignore", 2, 2],
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  const reason = result.error?.message ?? result.signal ?? `exit code ${result.status}`;
  throw new SetupError(`\`${[command, ...args].join(" ")}\` failed: ${reason}`);
}

/** Runs a script of the project with the project's Node. */
export function runScript(script, args = [], options = {}) {
  run(projectNode, [join(root, script), ...args], options);
}

/** The standard output of a program, or undefined when it cannot be run or fails. */
export function outputOf(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The path of the first of the given programs that exists, as a name on the PATH or as a path. */
export function findProgram(...candidates) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = candidates.flatMap((candidate) =>
    candidate.includes("/") ? [candidate] : folders.map((folder) => join(folder, candidate)),
  );
  return paths.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there or not ours to run: both mean "look further"
  }
}

/** Runs `main`, prints a `SetupError` as one line, and sets the exit code. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
