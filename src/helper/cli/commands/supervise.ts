import "#helper/quickParsing.ts";
import { closeSync, writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { Command } from "commander";
import { hostArch } from "#helper/bundle.ts";
import { askHostAhead } from "#helper/machine/probe/ahead.ts";
import { messageOf } from "#helper/sandbox/errors.ts";
import { reportDescriptor } from "#helper/sandbox/launch.ts";
import { holdLock } from "#helper/sandbox/lock.ts";
import { fileSink } from "#helper/sandbox/logFile.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import { type SupervisorReport, supervisorSpecSchema } from "#helper/sandbox/spec.ts";
import { AirlockError } from "#shared/errors.ts";
import { createLogger, type Logger } from "#shared/log.ts";

export function superviseCommand(): Command {
  return new Command("supervise")
    .description("Run one sandbox; `airlock start` begins this and tells it what to run.")
    .argument("<project>", "project directory, for process lists; the specification decides")
    .action(supervise);
}

async function supervise(): Promise<void> {
  let pending = true;
  const answer = (result: SupervisorReport) => {
    if (pending) report(result);
    pending = false;
  };
  try {
    askHostAhead(hostArch());
    // The programs run while the rest of this one is loaded.
    await setImmediate();
    const { Supervisor } = await import("#helper/sandbox/supervisor/supervise.ts");
    const told = await text(process.stdin);
    // Whoever began us has given up its start.
    if (told === "") return;
    const spec = supervisorSpecSchema.parse(JSON.parse(told));
    const project = projectAt(spec.projectDir);
    await holdLock(project);
    const log = createLogger("supervisor", spec.logLevel, [fileSink(project.logFile)]);
    logCrashes(log);
    await Supervisor.run(project, spec, { log, listening: () => answer({ ok: true }) });
  } catch (error) {
    const code = error instanceof AirlockError ? error.code : "supervisor";
    answer({ ok: false, code, message: messageOf(error) });
    process.exitCode = 1;
  }
}

function report(result: SupervisorReport): void {
  try {
    writeSync(reportDescriptor, `${JSON.stringify(result)}\n`);
    closeSync(reportDescriptor);
  } catch {
    // Whoever started us has gone; the sandbox's own socket tells the rest.
  }
}

/** A defect of ours ends the sandbox (its machine dies with us) but not without a trace. */
function logCrashes(log: Logger): void {
  process.on("uncaughtException", (error) => {
    log.error(`crashed: ${error.stack ?? error.message}`);
    process.exit(70);
  });
}
