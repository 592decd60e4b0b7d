import { printable } from "./printable.ts";

/** Levels from the most to the least talkative. */
export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogRecord = {
  level: LogLevel;
  /** Part of the product that speaks, such as `supervisor` or `guest.agent`. */
  target: string;
  text: string;
};

/** Where records go: a file, a VS Code output channel, a test's array. */
export type LogSink = (record: LogRecord) => void;

export type Logger = Record<LogLevel, (text: string) => void> & {
  /** The least grave level that is passed on. */
  level: LogLevel;
  /** The same log under another target, and with another level where one is given. */
  for(target: string, level?: LogLevel): Logger;
};

/** Values of environment variables and other secrets must never be passed to a logger. */
export function createLogger(target: string, level: LogLevel, sinks: readonly LogSink[]): Logger {
  const threshold = logLevels.indexOf(level);
  const at = (recordLevel: LogLevel) => (text: string) => {
    if (logLevels.indexOf(recordLevel) < threshold) return;
    for (const sink of sinks) sink({ level: recordLevel, target, text });
  };
  return {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    level,
    for: (other, otherLevel = level) => createLogger(other, otherLevel, sinks),
  };
}

export const silentLogger: Logger = createLogger("", "error", []);

/**
 * One line of a log file; further lines of the text are indented so that a record stays together.
 * Guests have a say in text and target: neither can forge a record or command a terminal.
 */
export function formatLogRecord(record: LogRecord, time: string): string {
  const target = printable(record.target).replaceAll("\n", " ");
  const text = printable(record.text.trimEnd()).replaceAll("\n", "\n    ");
  return `${time} ${record.level.toUpperCase().padEnd(5)} ${target}: ${text}\n`;
}

export function isLogLevel(text: string): text is LogLevel {
  return (logLevels as readonly string[]).includes(text);
}
