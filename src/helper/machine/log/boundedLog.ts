import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";

const defaultLimitBytes = 1024 * 1024;

/**
 * Writes what the streams say into a fresh file that starts over when it is full: the newest output
 * is always there, and no amount of output takes more than the limit. Writes are synchronous, so
 * that the file is complete when the streams have ended.
 */
export function boundedLog(
  path: string,
  streams: readonly Readable[],
  limitBytes = defaultLimitBytes,
): void {
  closeSync(openSync(path, "w", 0o600));
  const descriptor = openSync(path, "a");
  let written = 0;
  let open = streams.length;
  const write = (chunk: Buffer) => {
    if (written + chunk.length > limitBytes) {
      ftruncateSync(descriptor);
      written = 0;
    }
    written += writeSync(descriptor, chunk.subarray(-limitBytes));
  };
  for (const stream of streams) {
    stream.on("data", (chunk: Buffer) => {
      try {
        write(chunk);
      } catch {
        // A full disk must not end the machine whose messages these are.
      }
    });
    stream.once("close", () => {
      if (--open === 0) closeSync(descriptor);
    });
  }
}
