import { open, stat } from "node:fs/promises";
import { formatSize } from "#core/config/sizes.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import { messageOf, SandboxError } from "./errors.ts";

export type DiskChange = "created" | "grown" | "unchanged";

const sectorBytes = 512;
const defaultBytes = 10 * 2 ** 30;

/** The size a disk really gets: whole sectors, and the default for zero. */
export function diskBytes(configured: number): number {
  if (configured === 0) return defaultBytes;
  return Math.ceil(configured / sectorBytes) * sectorBytes;
}

/** Makes the sparse disk image or grows it; the guest formats and resizes the file system. */
export async function prepareDisk(path: string, sizeBytes: number): Promise<DiskChange> {
  await refuseShrink(path, sizeBytes);
  const existing = await stat(path).catch(() => undefined);
  if (existing?.size === sizeBytes) return "unchanged";
  try {
    const file = await open(path, "a", 0o600);
    await file.truncate(sizeBytes).finally(() => file.close());
  } catch (error) {
    throw new SandboxError("disk", `The disk ${path} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return existing === undefined ? "created" : "grown";
}

/** A disk never shrinks by itself: what lies at its end would be lost. */
async function refuseShrink(path: string, wantedBytes: number): Promise<void> {
  const existing = await stat(path).catch(() => undefined);
  if (existing === undefined || existing.size <= wantedBytes) return;
  const what = shrinkText(existing.size, wantedBytes);
  throw new SandboxError("disk-shrink", `${what[0]?.toUpperCase()}${what.slice(1)} (disk.size).`, {
    hint: "Set disk.size back, or make the disk anew without what is on it: `airlock disk reset`.",
  });
}

export function shrinkText(isBytes: number, wantedBytes: number): string {
  const [is, wanted] = [formatSize(isBytes), formatSize(wantedBytes)];
  return `the sandbox's disk has ${is} and cannot shrink to ${wanted}`;
}

/** Size and use of a disk image on the host; null when there is none. */
export async function diskUse(path: string): Promise<SandboxStatus["disk"]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return null;
  // st_blocks counts units of 512 bytes on every system.
  return { usedBytes: found.blocks * 512, sizeBytes: found.size };
}
