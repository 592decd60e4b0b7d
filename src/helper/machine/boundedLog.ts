import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

const defaultLimitBytes = 1024 * 1024;

/**
 * A writer into a fresh file that starts the file over when it is full: the newest output is always
 * there, and no amount of output takes more than the limit. Writes are synchronous, so that the file
 * is complete when its process has ended.
 */
export function boundedLog(path: string, limitBytes = defaultLimitBytes): (chunk: Buffer) => void {
  closeSync(openSync(path, "w", 0o600));
  let written = 0;
  return (chunk) => {
    const descriptor = openSync(path, "a", 0o600);
    try {
      if (written + chunk.length > limitBytes) {
        ftruncateSync(descriptor);
        written = 0;
      }
      const kept = chunk.subarray(-limitBytes);
      written += writeSync(descriptor, kept);
    } finally {
      closeSync(descriptor);
    }
  };
}
