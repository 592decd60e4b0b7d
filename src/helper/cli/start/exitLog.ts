import { fileSink } from "#helper/sandbox/logFile.ts";
import type { Project } from "#helper/sandbox/project.ts";
import { createLogger, type LogLevel } from "#shared/log.ts";

/** The last line of a run that was started for one command: without it, somebody was killed. */
export function logExit(project: Project, level: LogLevel, code: number): void {
  try {
    const log = createLogger("start", level, [fileSink(project.logFile)]);
    log.info(`the command has ended, exit code ${code}`);
  } catch {
    // The exit code is the result; a log that somebody has taken away must not change it.
  }
}
