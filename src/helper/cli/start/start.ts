import type { FutureSupervisor } from "#helper/sandbox/launch.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { interrupted } from "../errors.ts";
import { mentionNewerImage } from "./image.ts";
import { watchInterruption } from "./interruption.ts";
import type { StartOptions } from "./options.ts";
import { planStart } from "./plan.ts";
import type { Reporter } from "./reporter.ts";
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
    if (plan === "aborted") {
      reporter.notice("info", "Aborted.");
      return 0;
    }
    if (options.verbose) reporter.notice("info", planText(plan));
    mentionNewerImage(plan.loaded.config.vm, { reporter, signal: starting.signal });
    const started = () => starting.abort();
    const { listening } = await supervisor.launch(plan.spec);
    // What talks to the supervisor is loaded while that starts the machine.
    const [{ follow }] = await Promise.all([import("./follow.ts"), listening]);
    return await follow(plan, { ...order, project, interruption, started });
  } catch (error) {
    throw signal.aborted ? interrupted() : error;
  } finally {
    starting.abort();
    reporter.clear();
    interruption.release();
  }
}
