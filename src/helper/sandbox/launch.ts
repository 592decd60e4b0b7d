// Not execa: its types know no numbers of open files as outputs, and the outputs must be files that
// stay open when this process is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { messageOf, SandboxError, type SandboxErrorCode } from "./errors.ts";
import { lockedCommand, lockTakenExitCode } from "./lock.ts";
import type { Project } from "./project.ts";
import { reportDescriptor, type SupervisorSpec, supervisorReportSchema } from "./spec.ts";

const listenDeadlineMs = 20_000;

/**
 * Starts the supervisor, which outlives this process and its terminal, and returns when it listens
 * on the sandbox's socket.
 */
export async function launchSupervisor(project: Project, spec: SupervisorSpec): Promise<void> {
  const program = [process.execPath, process.argv[1] ?? "", "supervise", project.dir];
  const child = await startProgram(project, lockedCommand(project, program));
  // A supervisor that ends early is known by its missing answer.
  child.stdin?.on("error", () => child.stdin?.destroy());
  child.stdin?.end(JSON.stringify(spec));
  const answer = await readReport(child.stdio[reportDescriptor] as Readable);
  if (answer === "") throw await silentEnd(child);
  child.unref();
  const report = supervisorReportSchema.parse(JSON.parse(answer));
  if (!report.ok) throw new SandboxError(report.code as SandboxErrorCode, report.message);
}

async function startProgram(project: Project, command: string[]): Promise<ChildProcess> {
  const [file = "", ...args] = command;
  const log = await open(project.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      stdio: ["pipe", log.fd, log.fd, "pipe"],
      cwd: project.sandboxDir,
      detached: true,
    });
    await once(child, "spawn");
    return child;
  } catch (error) {
    throw new SandboxError("supervisor", `${file} cannot be started: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await log.close();
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
  if (child.exitCode === lockTakenExitCode) return alreadyRunning();
  const how = child.signalCode ?? `exit code ${child.exitCode}`;
  return new SandboxError("supervisor", `The sandbox's supervisor did not start (${how}).`, {
    hint: "See `airlock logs`.",
  });
}

export function alreadyRunning(): SandboxError {
  return new SandboxError("running", "The sandbox of this directory is already running.", {
    hint: "Run commands in it with `airlock exec`, or stop it with `airlock stop`.",
  });
}
