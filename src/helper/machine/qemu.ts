import type { MachineArch } from "#core/machine/spec.ts";
import {
  formatQemuVersion,
  isAtLeast,
  minimumQemuVersion,
  parseQemuVersion,
} from "#core/machine/version.ts";
import { qemuMissing, qemuTooOld } from "./errors.ts";
import { askProgram } from "./probe/ask.ts";
import { findProgram, isExecutable } from "./program.ts";

export type Qemu = { path: string; version: string };

const programs: Record<MachineArch, string> = {
  x64: "qemu-system-x86_64",
  arm64: "qemu-system-aarch64",
};

/** QEMU for the guest's CPU: AIRLOCK_QEMU when set, else from the PATH. */
export async function findQemu(arch: MachineArch): Promise<Qemu> {
  const configured = process.env.AIRLOCK_QEMU;
  const path = configured ? configured : await findProgram(programs[arch], usualDirectories);
  if (path === undefined || !(await isExecutable(path))) {
    throw qemuMissing(configured ? `AIRLOCK_QEMU (${configured})` : programs[arch], hint(arch));
  }
  const { stdout } = await askProgram({ command: path, args: ["--version"] });
  const version = parseQemuVersion(stdout);
  if (version === undefined) {
    throw qemuMissing(`${path} does not answer like QEMU, and no other`, hint(arch));
  }
  if (!isAtLeast(version, minimumQemuVersion)) {
    throw qemuTooOld(path, formatQemuVersion(version), formatQemuVersion(minimumQemuVersion));
  }
  return { path, version: formatQemuVersion(version) };
}

/** Where package managers put it when VS Code was started without a login shell's PATH. */
const usualDirectories = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin"];

function hint(arch: MachineArch): string {
  if (process.platform === "darwin") return "Install it with `brew install qemu`.";
  const debian = arch === "x64" ? "qemu-system-x86" : "qemu-system-arm";
  const fedora = arch === "x64" ? "qemu-system-x86-core" : "qemu-system-aarch64-core";
  return `Install the package ${debian} (Debian, Ubuntu) or ${fedora} (Fedora), or set AIRLOCK_QEMU.`;
}
