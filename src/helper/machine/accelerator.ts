import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import * as z from "zod";
import type { Accelerator, MachineArch } from "#core/machine/spec.ts";
import { acceleratorUnusable } from "./errors.ts";
import { bootId } from "./probe/bootId.ts";
import { memory } from "./probe/memory.ts";
import { probeAccelerator } from "./probe/probe.ts";
import type { Qemu } from "./qemu.ts";

export type AcceleratorRequest = {
  /** Our own kernel, whatever kernel the sandbox is configured with. */
  kernelPath: string;
  qemu: Qemu;
  /** CPU of the guest; the host's own when left out. */
  arch?: MachineArch;
  /** The user's choice; AIRLOCK_ACCEL when left out. */
  override?: string | undefined;
  signal?: AbortSignal | undefined;
};

export type AcceleratorChoice = {
  accelerator: Accelerator;
  /** One sentence for people: why this one. */
  reason: string;
  /** Worth telling once: set only by the call that found it out. */
  notice?: string;
};

const chosen = memory(
  "accelerator",
  z.object({ accelerator: z.enum(["kvm", "hvf", "tcg"]), reason: z.string() }),
);

/** The fastest accelerator that demonstrably runs our kernel here; remembered until the host reboots. */
export async function chooseAccelerator(request: AcceleratorRequest): Promise<AcceleratorChoice> {
  const override = request.override || process.env.AIRLOCK_ACCEL;
  if (override) return { accelerator: overridden(override), reason: "Chosen by the user." };
  const native = nativeAccelerator();
  const obstacle = await quickObstacle(native, request.arch);
  const key = await memoryKey(request, obstacle);
  const known = await chosen.recall(key);
  if (known !== undefined) return known;
  const choice =
    obstacle === undefined && native !== undefined
      ? await probed(native, request)
      : software(obstacle ?? "this system has no hardware virtualisation that QEMU can use");
  const { accelerator, reason } = choice;
  await chosen.remember(key, { accelerator, reason });
  return choice;
}

/** The accelerator of this system, whether or not it works. */
export function nativeAccelerator(platform = process.platform): "kvm" | "hvf" | undefined {
  if (platform === "linux") return "kvm";
  return platform === "darwin" ? "hvf" : undefined;
}

async function probed(
  accelerator: "kvm" | "hvf",
  request: AcceleratorRequest,
): Promise<AcceleratorChoice> {
  const result = await probeAccelerator(accelerator, request);
  if (result.works) {
    return {
      accelerator,
      reason: `${accelerator.toUpperCase()} ran our kernel (${result.detail}).`,
    };
  }
  return software(`${accelerator.toUpperCase()} is there but does not work: ${result.detail}`);
}

function software(why: string): AcceleratorChoice {
  const reason = `Software emulation, because ${why}.`;
  const notice = `No usable hardware virtualisation (${why}): the sandbox runs in software emulation, which is several times slower.`;
  return { accelerator: "tcg", reason, notice };
}

function overridden(value: string): Accelerator {
  if (value === "tcg" || value === nativeAccelerator()) return value;
  throw acceleratorUnusable(`${value} is not an accelerator of this system.`);
}

/** What rules hardware out without starting anything. Asked every time: a user may mend it. */
async function quickObstacle(
  native: Accelerator | undefined,
  arch: MachineArch | undefined,
): Promise<string | undefined> {
  if (arch !== undefined && arch !== process.arch) return "the guest has another CPU than the host";
  return native === "kvm" ? await kvmObstacle() : undefined;
}

/** Opens the device instead of reading mode bits, so that access by ACL counts too. */
export async function kvmObstacle(): Promise<string | undefined> {
  try {
    await (await open("/dev/kvm", constants.O_RDWR)).close();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "/dev/kvm does not exist";
    if (code === "EACCES" || code === "EPERM") return "this user may not open /dev/kvm";
    return `/dev/kvm cannot be opened (${code})`;
  }
}

/** Whatever may change the answer is part of the key. */
async function memoryKey(
  { qemu, kernelPath, arch }: AcceleratorRequest,
  obstacle: string | undefined,
): Promise<string> {
  const [boot, kernel] = await Promise.all([bootId(), stat(kernelPath)]);
  const kernelIdentity = `${kernelPath} ${kernel.size} ${kernel.mtimeMs}`;
  const parts = [boot, qemu.path, qemu.version, kernelIdentity, arch ?? "", obstacle ?? ""];
  return parts.join("\n");
}
