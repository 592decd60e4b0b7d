import type { FileHandle } from "node:fs/promises";
import { type ViewMemory, viewMemoryPath } from "#core/machine/share.ts";
import type { MemoryBacking } from "#core/machine/spec.ts";
import type { NamespaceSupport } from "../../share/namespace.ts";

/** Where a machine keeps the guest's memory. */
export type MemoryHome = {
  backing: MemoryBacking;
  /** The file system of its own that QEMU finds the memory in. */
  view: ViewMemory | undefined;
  /** Content of a saved machine, as the standard input of what starts QEMU. */
  input: FileHandle | undefined;
  /** The memory as a file that we can read; undefined where it cannot be saved. */
  pathOf(pid: number): string | undefined;
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

/**
 * Memory that can be saved has to be a file, and to be quick, one in memory. It gets a file system of
 * its own in a mount namespace: the shared one (/dev/shm) is half as large as the host's memory, which one
 * sandbox wants alone, and a machine that writes to a full one dies.
 */
export function memoryHome(request: MemoryRequest): MemoryHome {
  const { sizeBytes, support, saved } = request;
  if (support.kind === "none" || !(request.keepable || saved !== undefined)) {
    const isShared = request.isShared && process.platform === "linux";
    const backing = isShared ? "unnamed" : "plain";
    return { backing, view: undefined, input: undefined, pathOf: () => undefined };
  }
  return {
    backing: { path: viewMemoryPath },
    view: { sizeBytes, isSaved: saved !== undefined },
    input: saved,
    // The directory as the machine sees it: outside its namespace, it is empty.
    pathOf: (pid) => `/proc/${pid}/cwd/${viewMemoryPath}`,
  };
}
