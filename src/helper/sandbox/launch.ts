// Not execa: its types know no numbers of open files as outputs, and the outputs must be files that
// stay open when this process is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync } from "node:fs";
import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { openOwn } from "#helper/ownFile.ts";
import { alreadyRunning, messageOf, SandboxError, type SandboxErrorCode } from "./errors.ts";
import {
  type FrontDemand,
  type FrontNote,
  frontDescriptor,
  frontLine,
  frontLines,
} from "./front.ts";
import { refusePlantedState } from "./plantedState.ts";
import type { Project } from "./project.ts";
import type { SupervisorSpec } from "./spec.ts";
import type { BoardEvent } from "./supervisor/board.ts";

const listenDeadlineMs = 20_000;

/** The supervisor of a sandbox that is going to be started. It outlives this process and its terminal. */
export type FutureSupervisor = {
  /**
   * Lets it load its program meanwhile, once the project has a state directory. It does and touches
   * nothing before it is told what to run, and ends by itself with whoever began it. Settles when it
   * is on its way; never rejects.
   */
  begin(): Promise<void>;
  /** Tells it what to run; settles once that has been said. */
  launch(spec: SupervisorSpec): Promise<LaunchedSupervisor>;
};

/** A supervisor that knows what to run, as its front process sees it. */
export type LaunchedSupervisor = {
  /** Settles when it listens on the sandbox's socket, or rejects with why it does not. */
  listening: Promise<void>;
  /** What is known of the sandbox and becomes of it, once it listens and until it has gone. */
  events(): AsyncIterable<BoardEvent>;
  /** Asks for the sandbox's end. */
  stop(demand?: Pick<FrontDemand, "graceMs">): void;
  /** Settles when the process is gone, and the sandbox's lock with it. */
  gone: Promise<void>;
  /** Lets it go on without us. */
  leave(): void;
};

export function futureSupervisor(project: Project): FutureSupervisor {
  let child: Promise<ChildProcess> | undefined;
  const begin = async () => {
    if (!existsSync(project.sandboxDir)) return;
    child ??= startProgram(project);
    await child.catch(() => "told to whoever launches it");
  };
  return {
    begin,
    launch: async (spec) => {
      child ??= startProgram(project);
      const program = await child;
      await tell(program, spec);
      return launched(program);
    },
  };
}

function launched(child: ChildProcess): LaunchedSupervisor {
  const socket = child.stdio[frontDescriptor] as Socket;
  socket.on("error", () => undefined);
  const notes = frontLines<FrontNote>(socket);
  const isGone = child.exitCode !== null || child.signalCode !== null;
  return {
    listening: listening(child, notes),
    events: () => boardEvents(notes),
    stop: (demand = {}) => void socket.write(frontLine({ kind: "stop", ...demand })),
    gone: isGone
      ? Promise.resolve()
      : new Promise((resolve) => child.once("exit", () => resolve())),
    leave: () => {
      child.unref();
      socket.destroy();
    },
  };
}

/** Settles when the end of the text is on its way, too: the supervisor waits for it. */
async function tell({ stdin }: ChildProcess, spec: SupervisorSpec): Promise<void> {
  stdin?.end(JSON.stringify(spec));
  // A supervisor that ends early is known by its missing answer.
  if (stdin !== null) await finished(stdin, { readable: false }).catch(() => stdin.destroy());
}

async function listening(child: ChildProcess, notes: AsyncGenerator<FrontNote>): Promise<void> {
  const timer = setTimeout(() => child.stdio[frontDescriptor]?.destroy(), listenDeadlineMs);
  // No answer, and one that the deadline has cut off, are the same.
  const note = await notes.next().catch(() => ({ value: undefined }));
  clearTimeout(timer);
  const answer: FrontNote | undefined = note.value;
  if (answer === undefined) throw await silentEnd(child);
  if (answer.kind !== "refused") return;
  if (answer.code === "running") throw alreadyRunning();
  throw new SandboxError(answer.code as SandboxErrorCode, answer.message);
}

async function* boardEvents(notes: AsyncIterable<FrontNote>): AsyncGenerator<BoardEvent> {
  for await (const note of notes) {
    if (note.kind === "status" || note.kind === "progress") yield note;
  }
}

async function startProgram(project: Project): Promise<ChildProcess> {
  refusePlantedState(project);
  const { O_WRONLY, O_CREAT, O_APPEND } = constants;
  const log = openOwn(project.logFile, O_WRONLY | O_CREAT | O_APPEND);
  const words = [process.argv[1] ?? "", "supervise", project.dir];
  try {
    const child = spawn(process.execPath, words, {
      stdio: ["pipe", log, log, "pipe"],
      cwd: project.sandboxDir,
      detached: true,
    });
    await once(child, "spawn");
    return child;
  } catch (error) {
    throw new SandboxError("supervisor", `The supervisor cannot be started: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    closeSync(log);
  }
}

async function silentEnd(child: ChildProcess): Promise<SandboxError> {
  if (child.exitCode === null && child.signalCode === null) {
    // It ends by itself now, or it hangs and must be made to.
    const timer = setTimeout(() => child.kill("SIGKILL"), 1_000);
    await once(child, "exit");
    clearTimeout(timer);
  }
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  return new SandboxError("supervisor", `The sandbox's supervisor did not start (${how}).`, {
    hint: "See `airlock logs`.",
  });
}
