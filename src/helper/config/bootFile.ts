import { type FileHandle, open } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type BootFile, bootHeadBytes } from "#core/machine/bootFormat.ts";
import { reasonOf } from "./textFile.ts";

/** `~` is the user's home; a relative path starts in the project. */
export function hostPath(projectDir: string, path: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(projectDir, path);
}

/** What is wrong with a file, by its kind and by `flawOf` what it contains; undefined when nothing is. */
export async function bootFileFlaw(
  path: string,
  flawOf: (file: BootFile) => Promise<string | undefined> | string | undefined,
): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR"
      ? "was not found"
      : `cannot be read: ${reasonOf(code)}`;
  }
  try {
    if (!(await file.stat()).isFile()) return "is no regular file";
    const read = (offset: number, length: number) => readPart(file, offset, length);
    return await flawOf({ head: await read(0, bootHeadBytes), read });
  } finally {
    await file.close();
  }
}

async function readPart(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
