import { appendFileSync, constants, fstatSync, ftruncateSync, readSync } from "node:fs";
import { openOwn } from "#helper/ownFile.ts";
import { formatLogRecord, type LogSink } from "#shared/log.ts";

const keptBytes = 1 << 20;

/** Guests write to the log: no amount of their messages may fill the host's disk. */
const limitBytes = 8 * keptBytes;
const longestTextCharacters = 16_384;
const longestTargetCharacters = 256;

/**
 * Opens a log, cut down to the whole lines of its last mebibyte, and gives what appends records to it. It
 * stays open, so that nobody can put another file in its place. A full disk must not stop a sandbox, so
 * failures to write are dropped.
 */
export function fileSink(path: string): LogSink {
  const { O_RDWR, O_CREAT, O_APPEND } = constants;
  const file = openOwn(path, O_RDWR | O_CREAT | O_APPEND);
  cutDown(file);
  return ({ level, ...record }) => {
    try {
      const text = record.text.slice(0, longestTextCharacters);
      const target = record.target.slice(0, longestTargetCharacters);
      if (fstatSync(file).size > limitBytes) cutDown(file);
      appendFileSync(file, formatLogRecord({ level, target, text }, new Date().toISOString()));
    } catch {
      // Nowhere to report it: the log is where reports go.
    }
  };
}

function cutDown(file: number): void {
  const start = fstatSync(file).size - keptBytes;
  if (start <= 0) return;
  const buffer = Buffer.alloc(keptBytes);
  const tail = buffer.subarray(0, readSync(file, buffer, 0, keptBytes, start));
  ftruncateSync(file);
  appendFileSync(file, tail.subarray(tail.indexOf(0x0a) + 1));
}
