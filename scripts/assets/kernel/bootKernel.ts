// Which kernel a machine boots: our own where it has been built, Debian's otherwise.
import { basename } from "node:path";
import type { GuestArch } from "../guestArch.ts";
import { debianKernel } from "./debianKernel.ts";
import { findOwnKernel, readOwnKernel } from "./ownKernel.ts";

export type BootKernel = {
  /** Built by us from Debian's source, or Debian's generic kernel. */
  origin: "own" | "debian";
  /** As `uname -r` prints it. */
  release: string;
  /** File name the machine's loader expects. */
  fileName: "vmlinux" | "Image";
  /** Uncompressed kernel; decompression inside an emulated machine costs seconds. */
  image: Buffer;
  /** Directory with the `kernel/` tree of modules; undefined when everything is built in. */
  modulesDir: string | undefined;
};

/** What `AIRLOCK_KERNEL` asks for; the kernel at hand without it. */
export function kernelChoice(): BootKernel["origin"] | undefined {
  const choice = process.env.AIRLOCK_KERNEL || undefined;
  if (choice === undefined || choice === "own" || choice === "debian") return choice;
  throw new Error(`AIRLOCK_KERNEL is ${choice}; it can be own or debian`);
}

/** Names the kernel that `bootKernel` would take, without reading or downloading it. */
export function kernelAtHand(arch: GuestArch): string {
  const own = wantedOwnKernel(arch);
  return own === undefined ? "debian" : basename(own);
}

/** Reads the kernel for a machine, after downloading it if need be. */
export function bootKernel(arch: GuestArch): BootKernel {
  const own = wantedOwnKernel(arch);
  return own === undefined ? debianKernel(arch) : readOwnKernel(own, arch);
}

/** Our own kernel's directory unless Debian's kernel is to be taken; fails where one is asked for in vain. */
function wantedOwnKernel(arch: GuestArch): string | undefined {
  const choice = kernelChoice();
  const own = choice === "debian" ? undefined : findOwnKernel(arch);
  if (choice !== "own" || own !== undefined) return own;
  throw new Error(
    `AIRLOCK_KERNEL=own, but no kernel has been built from guest/kernel/ for ${arch}; run \`npm run build:kernel\``,
  );
}
