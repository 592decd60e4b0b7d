import "#helper/quickParsing.ts";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { hostArch } from "#helper/bundle.ts";
import { askHostAhead } from "#helper/machine/probe/ahead.ts";
import { messageOf } from "#helper/sandbox/errors.ts";
import { holdLock } from "#helper/sandbox/lock.ts";
import { fileSink } from "#helper/sandbox/logFile.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import type { SupervisorSpec } from "#helper/sandbox/spec.ts";
import { frontSide } from "#helper/sandbox/supervisor/frontSide.ts";
import { AirlockError } from "#shared/errors.ts";
import { createLogger, type Logger } from "#shared/log.ts";

/** Runs the one sandbox that it is told of, to its end. */
export async function supervise(): Promise<void> {
  const front = frontSide();
  try {
    askHostAhead(hostArch());
    // The programs run while the rest of this one is loaded.
    await setImmediate();
    const { Supervisor } = await import("#helper/sandbox/supervisor/supervise.ts");
    const told = await text(process.stdin);
    // Whoever began us has given up its start.
    if (told === "") return;
    const spec: SupervisorSpec = JSON.parse(told);
    const project = projectAt(spec.projectDir);
    await holdLock(project);
    const log = createLogger("supervisor", spec.logLevel, [fileSink(project.logFile)]);
    logCrashes(log);
    await Supervisor.run(project, spec, { log, front });
  } catch (error) {
    const code = error instanceof AirlockError ? error.code : "supervisor";
    front.tell({ kind: "refused", code, message: messageOf(error) });
    process.exitCode = 1;
  }
}

/** A defect of ours ends the sandbox (its machine dies with us) but not without a trace. */
function logCrashes(log: Logger): void {
  process.on("uncaughtException", (error) => {
    log.error(`crashed: ${error.stack ?? error.message}`);
    process.exit(70);
  });
}
