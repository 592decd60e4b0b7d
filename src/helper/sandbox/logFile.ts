import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { formatLogRecord, type LogSink } from "#shared/log.ts";

const keptBytes = 1 << 20;

/** Guests write to the log: no amount of their messages may fill the host's disk. */
const limitBytes = 8 * keptBytes;
const longestTextCharacters = 16_384;

/** Appends records to a file; a full disk must not stop a sandbox, so failures are dropped. */
export function fileSink(path: string): LogSink {
  return (record) => {
    try {
      const text = record.text.slice(0, longestTextCharacters);
      const line = formatLogRecord({ ...record, text }, new Date().toISOString());
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > limitBytes) cutDown(path);
      appendFileSync(path, line, { mode: 0o600 });
    } catch {
      // Nowhere to report it: the log is where reports go.
    }
  };
}

function cutDown(path: string): void {
  const tail = readFileSync(path).subarray(-keptBytes);
  writeFileSync(path, tail.subarray(tail.indexOf(0x0a) + 1));
}

/** Cuts a log down to the whole lines in its last mebibyte. */
export async function trimLog(path: string): Promise<void> {
  const tail = await readTail(path, keptBytes);
  if (tail === undefined || tail.start === 0) return;
  const firstLine = tail.bytes.indexOf(0x0a) + 1;
  await writeFile(path, tail.bytes.subarray(firstLine), { mode: 0o600 });
}

/** The last `bytes` bytes of a file and where they start; undefined when there is no file. */
export async function readTail(
  path: string,
  bytes: number,
): Promise<{ start: number; bytes: Buffer } | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return { start, bytes: buffer.subarray(0, bytesRead) };
  } finally {
    await file.close();
  }
}
