import { existsSync, lstatSync, realpathSync } from "node:fs";
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf, SandboxError } from "./errors.ts";
import { refuseLinkedState, refusePlantedState } from "./plantedState.ts";
import { cliSocketPath } from "./socketPath.ts";

/** A project directory and where its sandbox keeps its state. */
export type Project = {
  /** Symlinks resolved, so that every spelling of a directory means the same sandbox. */
  dir: string;
  /** `.airlock`: everything of ours in the project. */
  stateDir: string;
  logFile: string;
  /** `.airlock/sandbox`. */
  sandboxDir: string;
  lockFile: string;
  runFile: string;
  diskFile: string;
  socket: string;
};

export function projectAt(directory: string): Project {
  const dir = realpathSync(directory);
  const stateDir = join(dir, ".airlock");
  const sandboxDir = join(stateDir, "sandbox");
  return {
    dir,
    stateDir,
    logFile: join(stateDir, "airlock.log"),
    sandboxDir,
    lockFile: join(sandboxDir, "lock"),
    runFile: join(sandboxDir, "run.json"),
    diskFile: join(sandboxDir, "disk.img"),
    socket: cliSocketPath(sandboxDir),
  };
}

/** The project of the current directory: no upward search, a sandbox belongs to one directory. */
export function currentProject(): Project {
  return projectAt(currentDirectory());
}

/** The project whose sandbox runs at or above the current directory, else that of the directory itself. */
export function nearestProject(): Project {
  return findRunningProject(currentDirectory()) ?? ownProject();
}

/** The project of the current directory, for whoever is about to use its state. */
export function ownProject(): Project {
  const project = currentProject();
  refuseLinkedState(project);
  return project;
}

/** With symlinks resolved. */
export function currentDirectory(): string {
  try {
    return realpathSync(process.cwd());
  } catch (error) {
    throw new SandboxError("no-directory", "The current directory cannot be determined.", {
      hint: "Change to a directory that exists.",
      cause: error,
    });
  }
}

/** The nearest project at or above `directory` whose sandbox has a socket. */
export function findRunningProject(directory: string): Project | undefined {
  for (let dir = realpathSync(directory); ; dir = dirname(dir)) {
    if (hasOwnState(dir)) {
      const project = projectAt(dir);
      if (existsSync(project.socket)) return project;
    }
    if (dir === dirname(dir)) return undefined;
  }
}

/** Whether the project is the home directory: its `.airlock` is the user's own, too. */
export function isInHome({ dir }: Project): boolean {
  try {
    return realpathSync(homedir()) === dir;
  } catch {
    // Without a home directory there are no files of the user's.
    return false;
  }
}

/** Keeps the state out of version control. */
export function ignoreFile({ stateDir }: Project): string {
  return join(stateDir, ".gitignore");
}

export const ignoreText = "*\n";

/**
 * Makes `.airlock/` with its `.gitignore`. Only the owner may look inside, and nothing in it belongs into
 * a version control: also where a checkout brought the directory with other modes and another list. In the
 * home directory it is where the user's own files are, which they may well keep under version control.
 */
export async function createStateDir(project: Project): Promise<void> {
  refusePlantedState(project);
  try {
    for (const path of [project.stateDir, project.sandboxDir]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await chmod(path, 0o700);
    }
    await makePrivate(project.sandboxDir);
    if (isInHome(project)) return;
    await rm(ignoreFile(project), { force: true });
    await writeFile(ignoreFile(project), ignoreText, { flag: "wx" });
  } catch (error) {
    throw new SandboxError(
      "state-dir",
      `${project.stateDir} cannot be created: ${messageOf(error)}.`,
      {
        hint: "Make the project directory writable for you.",
        cause: error,
      },
    );
  }
}

async function makePrivate(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isFile()) await chmod(join(directory, entry.name), 0o600);
  }
}

/**
 * Another user's state, in `/tmp` say, is passed over: our input would go to whoever listens there. So is
 * one behind a link, which leads into the sandbox of another project.
 */
function hasOwnState(dir: string): boolean {
  return [".airlock", ".airlock/sandbox"].every((name) => isOwnDirectory(join(dir, name)));
}

function isOwnDirectory(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return false;
  return process.getuid === undefined || found.uid === process.getuid();
}
