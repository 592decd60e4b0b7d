import "#helper/quickParsing.ts";
import { SandboxError } from "#helper/sandbox/errors.ts";
import { type FutureSupervisor, futureSupervisor } from "#helper/sandbox/launch.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { interrupted } from "../errors.ts";
import type { FollowContext } from "./follow.ts";
import { mentionNewerImage } from "./image.ts";
import { watchInterruption } from "./interruption.ts";
import type { StartOptions } from "./options.ts";
import { type Plan, planStart } from "./plan.ts";
import type { Reporter } from "./reporter.ts";
import { agreesToDiscard } from "./suspended.ts";
import { planText } from "./texts.ts";

type Order = { options: StartOptions; reporter: Reporter; supervisor: FutureSupervisor };

/** Starts a sandbox and runs its main command, or leaves it running; gives the exit code. */
export async function start(project: Project, order: Order): Promise<number> {
  const { options, reporter, supervisor } = order;
  const interruption = watchInterruption();
  const { signal } = interruption;
  const starting = new AbortController();
  try {
    const plan = await planStart(project, options, { reporter, signal, supervisor });
    if (plan === "aborted") return aborted(reporter);
    mentionNewerImage(plan.loaded.config.vm, { reporter, signal: starting.signal });
    const started = () => starting.abort();
    return await runOrBoot(plan, { ...order, project, interruption, started });
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    starting.abort();
    reporter.clear();
    interruption.release();
  }
}

type Context = FollowContext & { supervisor: FutureSupervisor };

async function run(plan: Plan, context: Context): Promise<number> {
  const { options, reporter, supervisor } = context;
  if (options.verbose) reporter.notice("info", planText(plan));
  const launched = await supervisor.launch(plan.spec);
  // What follows the sandbox is loaded while its supervisor starts the machine.
  const [{ follow }] = await Promise.all([import("./follow.ts"), launched.listening]);
  return await follow(plan, launched, context);
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
    if (!(await agreesToDiscard(error, { options, reporter, signal }))) return aborted(reporter);
    const supervisor = futureSupervisor(project);
    const fresh = { ...options, discardSuspended: true };
    const again = await planStart(project, fresh, { reporter, signal, supervisor });
    return again === "aborted" ? aborted(reporter) : await run(again, { ...context, supervisor });
  }
}

function aborted(reporter: Reporter): number {
  reporter.notice("info", "Aborted.");
  return 0;
}
