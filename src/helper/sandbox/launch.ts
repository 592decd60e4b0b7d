// Not execa: its types know no numbers of open files as outputs, and the outputs must be files that
// stay open when this process is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { finished } from "node:stream/promises";
import { openOwn } from "#helper/ownFile.ts";
import { alreadyRunning, messageOf, SandboxError, type SandboxErrorCode } from "./errors.ts";
import { refusePlantedState } from "./plantedState.ts";
import type { Project } from "./project.ts";
import type { SupervisorSpec } from "./spec.ts";

/** Where a supervisor writes its report. */
export const reportDescriptor = 3;

const listenDeadlineMs = 20_000;

/** The supervisor of a sandbox that is going to be started. It outlives this process and its terminal. */
export type FutureSupervisor = {
  /**
   * Lets it load its program meanwhile, once the project has a state directory. It does and touches
   * nothing before it is told what to run, and ends by itself with whoever began it. Settles when it
   * is on its way; never rejects.
   */
  begin(): Promise<void>;
  /**
   * Tells it what to run; gives, once that has been said, what settles when it listens on the sandbox's
   * socket, or why it does not.
   */
  launch(spec: SupervisorSpec): Promise<{ listening: Promise<void> }>;
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
      return { listening: listening(program) };
    },
  };
}

/** Settles when the end of the text is on its way, too: the supervisor waits for it. */
async function tell({ stdin }: ChildProcess, spec: SupervisorSpec): Promise<void> {
  stdin?.end(JSON.stringify(spec));
  // A supervisor that ends early is known by its missing answer.
  if (stdin !== null) await finished(stdin, { readable: false }).catch(() => stdin.destroy());
}

async function listening(child: ChildProcess): Promise<void> {
  const answer = await readReport(child.stdio[reportDescriptor] as Readable);
  if (answer === "") throw await silentEnd(child);
  child.unref();
  // Not before: what is loaded above delays the supervisor.
  const { supervisorReportSchema } = await import("./spec.ts");
  const report = supervisorReportSchema.parse(JSON.parse(answer));
  if (report.ok) return;
  if (report.code === "running") throw alreadyRunning();
  throw new SandboxError(report.code as SandboxErrorCode, report.message);
}

async function startProgram(project: Project): Promise<ChildProcess> {
  await refusePlantedState(project);
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

/** Reads the one line; empty when the supervisor ended, or did not answer in time. */
async function readReport(stream: Readable): Promise<string> {
  const timer = setTimeout(() => stream.destroy(), listenDeadlineMs);
  try {
    return await text(stream);
  } catch {
    // Destroyed by the deadline: the same as no answer.
    return "";
  } finally {
    clearTimeout(timer);
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
