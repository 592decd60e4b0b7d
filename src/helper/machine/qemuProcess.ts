import { join } from "node:path";
import { machineArgv } from "#core/machine/argv.ts";
import { slotCount } from "#core/machine/slot.ts";
import type { MachineSpec } from "#core/machine/spec.ts";
import type { NamespaceSupport } from "../share/namespace.ts";
import { placeQemu, type SharesNeeds } from "../share/shares.ts";
import type { MachineRequest, Restoration, StartOptions } from "./machine.ts";
import { type MemoryHome, memoryHome } from "./memory/home.ts";
import { type Child, startChild } from "./process.ts";
import type { Qemu } from "./qemu.ts";
import { files } from "./runDir.ts";

/** QEMU's process, with the memory that it was given. */
export type QemuProcess = { child: Child; memory: MemoryHome };

export type QemuParts = {
  needs: SharesNeeds;
  qemu: Qemu;
  support: NamespaceSupport;
  options: StartOptions;
};

export async function startQemu(request: MachineRequest, parts: QemuParts): Promise<QemuProcess> {
  const { needs, qemu, support, options } = parts;
  const memory = await memoryHome({
    sizeBytes: request.memoryBytes,
    support,
    isShared: needs.sharedMemory,
    keepable: options.keepable ?? false,
    saved: options.restore?.saved.memory,
  });
  try {
    const spec = machineSpec(request, { needs, memory, restore: options.restore });
    const call = { command: qemu.path, args: machineArgv(spec) };
    const place = { support, views: needs.views, memory: memory.view };
    const child = await startChild(await placeQemu(call, place), {
      cwd: request.runDir,
      logPath: join(request.runDir, files.qemu),
      outputPath: join(request.runDir, files.serial),
      inputDescriptor: memory.input?.fd,
      tells: memory.input !== undefined,
    });
    return { child, memory };
  } catch (error) {
    await memory.release();
    throw error;
  }
}

/** For a machine that is not going to be. */
export async function endQemu({ child, memory }: QemuProcess): Promise<void> {
  await child.stop(0);
  await memory.release();
}

function machineSpec(
  request: MachineRequest,
  parts: { needs: SharesNeeds; memory: MemoryHome; restore: Restoration | undefined },
): MachineSpec {
  const { needs, memory, restore } = parts;
  return {
    ...request,
    hostOs: hostOs(),
    name: request.name ?? "airlock",
    memory: memory.backing,
    qmpSocket: files.qmp,
    controlSocket: files.control,
    hotplugSlots: slotCount,
    fsdevs: needs.fsdevs,
    disks: (restore?.disks ?? []).map((disk, slot) => ({ ...disk, slot })),
    resumes: restore !== undefined,
  };
}

/** Where QEMU runs, as far as its arguments differ. */
export function hostOs(): MachineSpec["hostOs"] {
  return process.platform === "darwin" ? "darwin" : "linux";
}
