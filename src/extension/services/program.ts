import { join } from "node:path";
import { settings } from "#shared/contributions.ts";
import type { RegistryCredentials } from "#shared/protocol/status.ts";

/** A call of the `airlock` program as a value: building it is pure, running it is somebody else's. */
export type ProgramCall = {
  command: string;
  args: readonly string[];
  cwd: string;
  /** Added to the environment of the extension host. */
  env: Readonly<Record<string, string>>;
  /** What the program gets over its standard input. May be secret: never to be shown. */
  input?: string;
};

/** What all calls have in common. */
export type Program = {
  /** VS Code's own Node, or Electron that acts as one. */
  nodePath: string;
  /** Folder in which the extension is installed. */
  extensionPath: string;
};

/** What the user's settings say about the machines. */
export type MachineOptions = {
  /** `auto` or the name of an accelerator. */
  accelerator: string;
  /** Empty for the one on the PATH. */
  qemuPath: string;
  /** `on` or `off`. */
  warmStart: string;
  /** Space for snapshots, with a unit. */
  warmStartMaxSize: string;
};

export type StartOptions = MachineOptions & {
  /** Agrees to a new root file system when the image has changed. */
  recreate: boolean;
  /** Goes on with the old image when it has changed. */
  keepImage: boolean;
  /** Digest of the privileged part of the configuration that the user has approved. */
  approve: string | undefined;
  /** Goes on with a suspended sandbox although something has changed. */
  resume?: boolean;
  /** Ends what is suspended and starts fresh. */
  discardSuspended?: boolean;
  suspendOnWindowClose?: boolean;
  /** Minutes without work after which the sandbox suspends itself; 0 for never. */
  suspendIdleMinutes?: number;
  /** A sign-in for the image's registry, which reaches the program over its standard input only. */
  credentials: RegistryCredentials | undefined;
  /** Largest image to unpack; empty for the default. */
  maxImageSize: string;
  logLevel: string;
};

export function startCall(program: Program, cwd: string, options: StartOptions): ProgramCall {
  const {
    recreate,
    keepImage,
    approve,
    credentials,
    resume,
    discardSuspended,
    suspendIdleMinutes = 0,
  } = options;
  const flags = [
    ...(recreate ? ["--recreate"] : []),
    ...(keepImage ? ["--keep-image"] : []),
    ...(approve === undefined ? [] : ["--approve", approve]),
    ...(resume ? ["--resume"] : []),
    ...(discardSuspended ? ["--discard-suspended"] : []),
    ...(options.suspendOnWindowClose ? ["--suspend-on-close"] : []),
    ...(suspendIdleMinutes > 0 ? ["--suspend-idle", String(suspendIdleMinutes)] : []),
    ...(credentials === undefined ? [] : ["--credentials-stdin"]),
  ];
  const args = ["start", "--detach", "--json", "--log-level", options.logLevel, ...flags];
  const { maxImageSize } = options;
  const limit = maxImageSize === "" ? {} : { AIRLOCK_MAX_IMAGE_SIZE: maxImageSize };
  const start = call(program, { args, cwd, env: { ...machineEnv(options), ...limit } });
  return credentials === undefined ? start : { ...start, input: JSON.stringify(credentials) };
}

export function showCall(program: Program, cwd: string): ProgramCall {
  return call(program, { args: ["show", "--json"], cwd });
}

/** The effective configuration with the origin of each value, as JSON. */
export function configCall(program: Program, cwd: string): ProgramCall {
  return call(program, { args: ["config", "--origins", "--json"], cwd });
}

/** Ends what runs and throws away what is suspended. */
export function stopCall(program: Program, cwd: string): ProgramCall {
  return call(program, { args: ["stop"], cwd });
}

export function removeCall(program: Program, cwd: string): ProgramCall {
  return call(program, { args: ["rm", "--force"], cwd });
}

/** Deletes the images that no project uses, or only says which, as JSON. */
export function pruneCall(
  program: Program,
  cwd: string,
  { dryRun }: { dryRun: boolean },
): ProgramCall {
  const args = ["image", "prune", "--json", ...(dryRun ? ["--dry-run"] : [])];
  return call(program, { args, cwd });
}

export function doctorCall(program: Program, cwd: string, options: MachineOptions): ProgramCall {
  return call(program, { args: ["doctor"], cwd, env: { ...machineEnv(options), NO_COLOR: "1" } });
}

/** A shell in the sandbox; without a named one, the best that the image has. */
export function shellCall(program: Program, cwd: string, shell: string): ProgramCall {
  const best = "command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l";
  const command = shell === "" ? ["/bin/sh", "-c", best] : [shell, "-l"];
  return call(program, { args: ["exec", "--", ...command], cwd });
}

/** Folder with the `airlock` command for people, put on the PATH of VS Code's terminals. */
export function binDir(program: Program): string {
  return join(program.extensionPath, "bin");
}

function machineEnv(options: MachineOptions): Record<string, string> {
  const { accelerator, qemuPath, warmStart, warmStartMaxSize } = options;
  return {
    ...(warmStart === settings.warmStart.default ? {} : { AIRLOCK_WARM: warmStart }),
    ...(warmStartMaxSize === settings.warmStartMaxSize.default
      ? {}
      : { AIRLOCK_WARM_MAX_SIZE: warmStartMaxSize }),
    ...(accelerator === "auto" ? {} : { AIRLOCK_ACCEL: accelerator }),
    ...(qemuPath === "" ? {} : { AIRLOCK_QEMU: qemuPath }),
  };
}

function call(
  program: Program,
  { args, cwd, env = {} }: { args: string[]; cwd: string; env?: Record<string, string> },
): ProgramCall {
  return {
    command: program.nodePath,
    args: [join(program.extensionPath, "dist", "airlock.cjs"), ...args],
    cwd,
    env: { ELECTRON_RUN_AS_NODE: "1", ...env },
  };
}
