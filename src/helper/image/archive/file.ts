import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { decompressed, isCompressed } from "../decompress.ts";
import { asImageError, imageNotFound } from "../errors.ts";
import type { Archive } from "./archive.ts";
import { scanArchive } from "./scan.ts";
import { type SpoolOptions, spoolArchive } from "./spool.ts";

const headBytes = 4;

/** Opens an archive file: a plain one as it lies there, a compressed one through a spool. */
export async function openArchive(path: string, options: SpoolOptions): Promise<Archive> {
  const handle = await openFile(path);
  let keepsHandle = false;
  try {
    const head = Buffer.alloc(headBytes);
    await handle.read(head, 0, headBytes, 0);
    if (isCompressed(head)) {
      const stream = handle.createReadStream({ start: 0, autoClose: false });
      return await spoolArchive(decompressed(stream), options);
    }
    const archive = await scanArchive(handle, options.signal);
    keepsHandle = true;
    return archive;
  } catch (error) {
    options.signal.throwIfAborted();
    throw asImageError(error, path);
  } finally {
    if (!keepsHandle) await handle.close();
  }
}

// Not blocking: what stands there may be a pipe that nobody writes to.
async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    const isMissing = cause.code === "ENOENT" || cause.code === "ENOTDIR";
    throw isMissing ? imageNotFound(path, "there is no such file") : cause;
  });
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  const hint = stats.isDirectory() ? "A directory with an OCI layout is oci:<dir>." : undefined;
  throw imageNotFound(path, "it is not a file", hint);
}
