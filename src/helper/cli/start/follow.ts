import { isatty } from "node:tty";
import { connectExec } from "#helper/rpc/exec/call.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import type { LaunchedSupervisor } from "#helper/sandbox/launch.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { readRunRecord } from "#helper/sandbox/runRecord.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { printError } from "../output.ts";
import { terminalEnv } from "../terminal/environment.ts";
import { openPtyDump } from "../terminal/ptyDump.ts";
import { beginSession, type Session, SessionError } from "../terminal/session.ts";
import { logExit } from "./exitLog.ts";
import type { Interruption } from "./interruption.ts";
import type { StartOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Reporter } from "./reporter.ts";
import { readyText } from "./texts.ts";
import { failureOf, type SandboxWatch, watchSandbox } from "./watch.ts";

/** What the main command's processes get between TERM and KILL when it has ended. */
const leaveGraceMs = 2_000;

export type FollowContext = {
  project: Project;
  options: StartOptions;
  reporter: Reporter;
  interruption: Interruption;
  /** Ends what may only go on while the sandbox starts. */
  started: () => void;
};

/** Follows a sandbox whose supervisor listens: to its running, and through its main command to its end. */
export async function follow(
  plan: Plan,
  supervisor: LaunchedSupervisor,
  context: FollowContext,
): Promise<number> {
  const { project, options, reporter, started } = context;
  const lastWord = async () => (await readRunRecord(project))?.status;
  const watch = watchSandbox(supervisor, { reporter, lastWord });
  const command = options.detach ? undefined : askForCommand(plan, context);
  command?.catch(() => "told to whoever attends");
  const status = await untilReady(supervisor, watch, context.interruption);
  started();
  reporter.ready(status);
  if (command === undefined) {
    supervisor.leave();
    const how = plan.spec.resumeId === null ? "started" : "resumed";
    if (!options.json) reporter.notice("info", readyText(status, how));
    return 0;
  }
  const code = await main(command, watch);
  supervisor.stop({ graceMs: leaveGraceMs });
  await supervisor.gone;
  logExit(project, options.logLevel, code);
  reporter.exited(code);
  return code;
}

/** Waits for the sandbox; an interruption stops it and waits until it is gone. */
async function untilReady(
  supervisor: LaunchedSupervisor,
  watch: SandboxWatch,
  { signal, release }: Interruption,
): Promise<SandboxStatus> {
  const stop = () => supervisor.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const status = await watch.ready;
    if (signal.aborted) await watch.ended;
    signal.throwIfAborted();
    return status;
  } finally {
    signal.removeEventListener("abort", stop);
    // From here on, signals are the guest's.
    if (!signal.aborted) release();
  }
}

/**
 * Asks for the main command while the guest still starts, so that it begins there without a word from us. Nobody
 * attends to it before the sandbox is ready; a sandbox that never is lets go of the connection.
 */
async function askForCommand(
  { command }: Plan,
  { project, options, reporter }: FollowContext,
): Promise<Session> {
  const terminal = isatty(0);
  const { exec } = await connectExec(project.socket, { waits: true });
  return beginSession({
    exec,
    argv: command,
    env: terminal ? terminalEnv(process.env) : [],
    cwd: "",
    login: options.login,
    terminal,
    dump: openPtyDump(project, process.env, (text) => reporter.notice("info", text)),
    // The standard output belongs to the events when a program reads them.
    ...(options.json && { stdout: process.stderr }),
  });
}

/** Runs the main command. A command that cannot be launched is reported and counts as 100. */
async function main(command: Promise<Session>, watch: SandboxWatch): Promise<number> {
  try {
    return await (await command).attend();
  } catch (error) {
    if (!(error instanceof SessionError || error instanceof SandboxError)) throw error;
    if (error.code === "launch") return reportLaunch(error);
    const last = await watch.ended;
    if (error.code === "suspended" && last?.status === "suspended") throw error;
    throw last === undefined ? error : failureOf(last);
  }
}

const launchFailedExitCode = 100;

function reportLaunch(error: SessionError): number {
  printError(error);
  return launchFailedExitCode;
}
