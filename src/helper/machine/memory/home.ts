import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import { type ViewMemory, viewMemoryPath } from "#core/machine/share.ts";
import { type MemoryBacking, wholeMegabytes } from "#core/machine/spec.ts";
import type { NamespaceSupport } from "../../share/namespace.ts";
import { memoryUnavailable, stateNotPassed } from "../errors.ts";
import type { Child } from "../process.ts";
import { copyHoled } from "./copy.ts";
import { reserve } from "./reservation.ts";

/** Where a machine keeps the guest's memory. */
export type MemoryHome = {
  backing: MemoryBacking;
  /** The file system of its own that QEMU finds the memory in. */
  view?: ViewMemory;
  /** Content of a saved machine, as the standard input of what starts QEMU. */
  input?: FileHandle;
  /** The memory as a file that we can read; undefined where it cannot be saved. */
  pathOf(pid: number): string | undefined;
  /** Told when QEMU has opened its memory; settles when the content of a saved machine is there, too. */
  opened(process: Child, signal: AbortSignal): Promise<void>;
  /** Told when the machine is gone. */
  release(): Promise<void>;
};

export type MemoryRequest = {
  sizeBytes: number;
  support: NamespaceSupport;
  /** Whether vhost-user daemons map it. */
  isShared: boolean;
  /** Whether the machine may be saved later. */
  keepable: boolean;
  /** Memory of the saved machine that is to be resumed. */
  saved: FileHandle | undefined;
};

const sharedRoot = "/dev/shm";
const timeoutMs = 60_000;
const nothing = async () => undefined;

/**
 * Memory that can be saved has to be a file, and to be quick, one in memory. It gets a file system of
 * its own in a mount namespace, else a file in the shared one where it fits: that is half as large as
 * the host's memory, which one sandbox wants alone.
 */
export async function memoryHome(request: MemoryRequest): Promise<MemoryHome> {
  const { support, saved, keepable } = request;
  if (process.platform !== "linux" || !(keepable || saved !== undefined)) return unkept(request);
  if (support.kind !== "none") return inView(request);
  const shared = await inSharedRoot(request);
  if (shared !== undefined) return shared;
  if (saved !== undefined) throw memoryUnavailable(sharedRoot);
  return unkept(request);
}

function unkept({ isShared }: MemoryRequest): MemoryHome {
  const backing = isShared && process.platform === "linux" ? "unnamed" : "plain";
  return { backing, pathOf: () => undefined, opened: nothing, release: nothing };
}

function inView({ sizeBytes, saved }: MemoryRequest): MemoryHome {
  return {
    backing: { path: viewMemoryPath },
    view: { sizeBytes: wholeMegabytes(sizeBytes), isSaved: saved !== undefined },
    ...(saved && { input: saved }),
    // The directory as the machine sees it: outside its namespace, it is empty.
    pathOf: (pid) => `/proc/${pid}/cwd/${viewMemoryPath}`,
    opened: saved === undefined ? nothing : untilCopied,
    release: nothing,
  };
}

/** QEMU's process started with the copying, which goes on beside it. */
async function untilCopied({ told }: Child, signal: AbortSignal): Promise<void> {
  const words = told === undefined ? "" : await text(addAbortSignal(signal, told));
  if (words.trim() !== "copied") throw stateNotPassed("its memory could not be copied");
}

/** The file loses its name as soon as QEMU has it open, so that nothing is left of a killed machine. */
async function inSharedRoot({ sizeBytes, saved }: MemoryRequest): Promise<MemoryHome | undefined> {
  const reservation = await reserve(sharedRoot, sizeBytes);
  if (reservation === undefined) return undefined;
  const path = join(reservation.directory, `${randomBytes(8).toString("hex")}.memory`);
  const file = await open(path, "wx+", 0o600);
  const release = async () => {
    await Promise.all([file.close(), rm(path, { force: true }), reservation.release()]);
  };
  try {
    if (saved === undefined) await file.truncate(wholeMegabytes(sizeBytes));
    else await copyHoled(descriptorPath(saved), descriptorPath(file), { timeoutMs });
  } catch (error) {
    await release();
    throw error;
  }
  return {
    backing: { path },
    pathOf: () => descriptorPath(file),
    opened: () => rm(path, { force: true }),
    release,
  };
}

/** Our open file as another program finds it. */
function descriptorPath({ fd }: FileHandle): string {
  return `/proc/${process.pid}/fd/${fd}`;
}
