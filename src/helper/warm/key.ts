import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { baseIdentity } from "#core/machine/identity.ts";
import { slotCount } from "#core/machine/slot.ts";
import type { Accelerator } from "#core/machine/spec.ts";
import type { MachineRequest } from "../machine/machine.ts";
import type { Qemu } from "../machine/qemu.ts";
import { fileHashes, fileIdentity } from "./fileHash.ts";

/** The name of the snapshot that this machine can be resumed from. */
export async function snapshotKey(request: MachineRequest, qemu: Qemu): Promise<string> {
  const [hashes, program, host] = await Promise.all([
    fileHashes([request.kernelPath, request.initramfsPath]),
    fileIdentity(qemu.path),
    hostIdentity(request.accelerator),
  ]);
  const [kernelSha256 = "", initramfsSha256 = ""] = hashes;
  const facts = { kernelSha256, initramfsSha256, qemu: `${qemu.version} ${program}`, host };
  const hostOs = process.platform === "darwin" ? "darwin" : "linux";
  const identity = baseIdentity({ ...request, hostOs, hotplugSlots: slotCount }, facts);
  return createHash("sha256").update(identity).digest("hex");
}

/** With hardware virtualisation the guest has seen the host's processor, and KVM's abilities. */
async function hostIdentity(accelerator: Accelerator): Promise<string> {
  if (accelerator === "tcg") return "";
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  return `${release()}\n${processorIdentity(text)}`;
}

const telling =
  /^(vendor_id|cpu family|model|model name|stepping|microcode|flags|vmx flags|bugs|CPU implementer|CPU architecture|CPU variant|CPU part|CPU revision|Features)\s*:/;

/** What of the first processor tells it apart; its present clock rate does not. */
export function processorIdentity(cpuinfo: string): string {
  const [first = ""] = cpuinfo.split("\n\n", 1);
  return first
    .split("\n")
    .filter((line) => telling.test(line))
    .join("\n");
}
