import { closeSync, constants, ftruncateSync, rmSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { openOwn } from "#helper/ownFile.ts";

const defaultLimitBytes = 1024 * 1024;

/**
 * Makes a fresh file for what streams say, which starts over when it is full: the newest output is
 * always there, and no amount of output takes more than the limit. Writes are synchronous, so that the
 * file is complete when the streams have ended. Gives what takes the streams.
 */
export function boundedLog(
  path: string,
  limitBytes = defaultLimitBytes,
): (streams: readonly Readable[]) => void {
  // Whatever is there, a link or a pipe perhaps, is not what we write to.
  rmSync(path, { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants;
  const descriptor = openOwn(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  let written = 0;
  const write = (chunk: Buffer) => {
    if (written + chunk.length > limitBytes) {
      ftruncateSync(descriptor);
      written = 0;
    }
    written += writeSync(descriptor, chunk.subarray(-limitBytes));
  };
  return (streams) => {
    let open = streams.length;
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
  };
}
