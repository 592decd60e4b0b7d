import { connectSandbox, type SandboxConnection } from "#helper/rpc/client.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { launchSupervisor } from "#helper/sandbox/launch.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { stopSandbox } from "#helper/sandbox/stop.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { interrupted } from "../errors.ts";
import { printError } from "../output.ts";
import { terminalEnv } from "../terminal/environment.ts";
import { runSession, SessionError } from "../terminal/session.ts";
import { mentionNewerImage } from "./image.ts";
import { type Interruption, watchInterruption } from "./interruption.ts";
import type { StartOptions } from "./options.ts";
import { type Plan, planStart } from "./plan.ts";
import type { Reporter } from "./reporter.ts";
import { askAboutUnusable } from "./suspended.ts";
import { planText, readyText } from "./texts.ts";
import { failureOf, type SandboxWatch, watchSandbox } from "./watch.ts";

/** What the main command's processes get between TERM and KILL when it has ended. */
const leaveGraceMs = 2_000;

type Context = {
  project: Project;
  options: StartOptions;
  reporter: Reporter;
  interruption: Interruption;
  /** Ends what may only go on while the sandbox starts. */
  started: () => void;
};

/** Starts a sandbox and runs its main command, or leaves it running; gives the exit code. */
export async function start(
  project: Project,
  options: StartOptions,
  reporter: Reporter,
): Promise<number> {
  const interruption = watchInterruption();
  const { signal } = interruption;
  const starting = new AbortController();
  try {
    const started = () => starting.abort();
    const context = { project, options, reporter, interruption, started };
    const plan = await planStart(project, options, { reporter, signal });
    if (plan === "aborted") return aborted(reporter);
    mentionNewerImage(plan.loaded.config.vm, { reporter, signal: starting.signal });
    return await runOrBoot(plan, context);
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    starting.abort();
    reporter.clear();
    interruption.release();
  }
}

/** A suspended sandbox that cannot be resumed after all may be booted, if the user says so. */
async function runOrBoot(plan: Plan, context: Context): Promise<number> {
  const { project, options, reporter, interruption } = context;
  const { signal } = interruption;
  try {
    return await run(plan, context);
  } catch (error) {
    const isUnusable = error instanceof SandboxError && error.code === "suspended-unusable";
    if (!isUnusable || plan.spec.resumeId === null) throw error;
    const answer = await askAboutUnusable(error, { options, reporter, signal });
    if (answer.kind === "aborted") return aborted(reporter);
    const fresh = { ...options, discardSuspended: true };
    const again = await planStart(project, fresh, { reporter, signal });
    return again === "aborted" ? aborted(reporter) : await run(again, context);
  }
}

function aborted(reporter: Reporter): number {
  reporter.notice("info", "Aborted.");
  return 0;
}

async function run(plan: Plan, context: Context): Promise<number> {
  const { project, options, reporter, started } = context;
  if (options.verbose) reporter.notice("info", planText(plan));
  await launchSupervisor(project, plan.spec);
  const connection = await connectSandbox(project.socket);
  const watch = watchSandbox(connection, { hold: !options.detach, reporter });
  const status = await untilReady(connection, watch, context.interruption);
  started();
  reporter.ready(status);
  if (options.detach) {
    connection.close();
    const resumed = plan.spec.resumeId !== null;
    if (!options.json) reporter.notice("info", readyText(status, resumed ? "resumed" : "started"));
    return 0;
  }
  const code = await main(connection, watch, { plan, options });
  await stopSandbox(project, { force: false, graceMs: leaveGraceMs });
  reporter.exited(code);
  return code;
}

/** Waits for the sandbox; an interruption stops it and waits until it is gone. */
async function untilReady(
  connection: SandboxConnection,
  watch: SandboxWatch,
  { signal, release }: Interruption,
): Promise<SandboxStatus> {
  // The watch ends with the sandbox, also when the answer to this call is lost.
  const stop = () => void connection.sandbox.stop({}).catch(() => undefined);
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

/** Runs the main command. A command that cannot be launched is reported and counts as 100. */
async function main(
  { agent }: SandboxConnection,
  watch: SandboxWatch,
  { plan, options }: { plan: Plan; options: StartOptions },
): Promise<number> {
  const terminal = process.stdin.isTTY === true;
  try {
    return await runSession({
      agent,
      argv: plan.command,
      env: terminal ? terminalEnv(process.env) : [],
      cwd: "",
      login: options.login,
      terminal,
      // The standard output belongs to the events when a program reads them.
      ...(options.json && { stdout: process.stderr }),
    });
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
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
