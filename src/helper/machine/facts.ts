import { stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MachineArch } from "#core/machine/spec.ts";
import { AirlockError } from "#shared/errors.ts";
import { assetsDir, cacheDir } from "../paths.ts";
import { namespaceSupport } from "../share/namespace.ts";
import { canServe } from "../share/shares.ts";
import { findVirtiofsd } from "../share/virtiofsd.ts";
import { chooseAccelerator } from "./accelerator.ts";
import { findQemu, type Qemu } from "./qemu.ts";

/** One line of `airlock doctor`. */
export type Fact = {
  id: string;
  title: string;
  ok: "ok" | "warning" | "error";
  detail: string;
  /** What the user can do about it. */
  fix?: string;
};

export type FactsOptions = {
  arch?: MachineArch;
  signal?: AbortSignal | undefined;
};

/** What of the host decides whether and how well machines run. */
export async function machineFacts(options: FactsOptions = {}): Promise<Fact[]> {
  const arch = options.arch ?? (process.arch === "arm64" ? "arm64" : "x64");
  const search = await searchQemu(arch);
  const kernelPath = bootAsset(arch, arch === "x64" ? "vmlinux" : "Image");
  const { signal } = options;
  return await Promise.all([
    qemuFact(search),
    ...("qemu" in search ? [acceleratorFact(search.qemu, { arch, kernelPath, signal })] : []),
    shareFact(),
    namespaceFact(),
    assetsFact(arch, kernelPath),
    spaceFact(),
  ]);
}

function bootAsset(arch: MachineArch, name: string): string {
  return join(assetsDir(), "vm", arch, name);
}

type QemuSearch = { qemu: Qemu } | { message: string; hint: string | undefined };

async function searchQemu(arch: MachineArch): Promise<QemuSearch> {
  try {
    return { qemu: await findQemu(arch) };
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
    return { message: error.message, hint: error.hint };
  }
}

function qemuFact(search: QemuSearch): Fact {
  const fact = { id: "qemu", title: "QEMU" };
  if ("qemu" in search) {
    const { version, path } = search.qemu;
    return { ...fact, ok: "ok", detail: `${version} (${path})` };
  }
  const { message, hint } = search;
  return { ...fact, ok: "error", detail: message, ...(hint !== undefined && { fix: hint }) };
}

async function acceleratorFact(
  qemu: Qemu,
  options: { arch: MachineArch; kernelPath: string; signal: AbortSignal | undefined },
): Promise<Fact> {
  const fact = { id: "accelerator", title: "Accelerator" };
  try {
    const { accelerator, reason } = await chooseAccelerator({ qemu, ...options });
    if (accelerator !== "tcg") return { ...fact, ok: "ok", detail: `${accelerator}: ${reason}` };
    return { ...fact, ok: "warning", detail: `${accelerator}: ${reason}`, fix: accelerationFix() };
  } catch (error) {
    return { ...fact, ok: "error", detail: (error as Error).message };
  }
}

function accelerationFix(): string {
  return process.platform === "linux"
    ? "Enable virtualisation in the firmware, load the KVM module and join the group that owns /dev/kvm."
    : "Use a QEMU build that is signed with the hypervisor entitlement.";
}

async function shareFact(): Promise<Fact> {
  const fact = { id: "shares", title: "Shared folders" };
  const [virtiofsd, support] = await Promise.all([findVirtiofsd(), namespaceSupport()]);
  if (process.platform !== "linux") return { ...fact, ok: "ok", detail: "9p" };
  const because = (reason: string) => `9p, because ${reason}: slower with many files`;
  if (virtiofsd === undefined) {
    const detail = because("there is no virtiofsd");
    return { ...fact, ok: "warning", detail, fix: "Install the package virtiofsd." };
  }
  if (!canServe(virtiofsd, support)) {
    const detail = because(`${virtiofsd.path} cannot give up this user's groups`);
    return { ...fact, ok: "warning", detail, fix: "Install the package uidmap." };
  }
  return { ...fact, ok: "ok", detail: `virtio-fs (${virtiofsd.path})` };
}

async function namespaceFact(): Promise<Fact> {
  const fact = { id: "namespaces", title: "Covered directories" };
  const support = await namespaceSupport();
  if (support.kind !== "none") {
    return { ...fact, ok: "ok", detail: "enforced by the host in a private mount namespace" };
  }
  const detail = `only enforced in the guest: ${support.reason}`;
  if (process.platform !== "linux") return { ...fact, ok: "warning", detail };
  return { ...fact, ok: "warning", detail, fix: "Allow unprivileged user namespaces for airlock." };
}

async function assetsFact(arch: MachineArch, kernelPath: string): Promise<Fact> {
  const fact = { id: "boot-assets", title: "Kernel and agent" };
  const missing: string[] = [];
  for (const path of [kernelPath, bootAsset(arch, "initramfs")]) {
    const isThere = await stat(path).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (!isThere) missing.push(path);
  }
  if (missing.length === 0) return { ...fact, ok: "ok", detail: dirname(kernelPath) };
  const detail = `missing: ${missing.join(", ")}`;
  return { ...fact, ok: "error", detail, fix: "Reinstall Airlock, or run its build." };
}

const tightBytes = 2 * 1024 ** 3;

async function spaceFact(): Promise<Fact> {
  const fact = { id: "disk-space", title: "Disk space" };
  const path = await existingAncestor(cacheDir());
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${path}`;
  if (free >= tightBytes) return { ...fact, ok: "ok", detail };
  return { ...fact, ok: "warning", detail, fix: "Remove images and sandboxes you no longer need." };
}

async function existingAncestor(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : await existingAncestor(dirname(path));
}
