// The kernels that `npm run build:kernel` has made, in the development cache.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { developmentCache, usedPackages } from "../debian.ts";
import type { GuestArch } from "../guestArch.ts";
import type { BootKernel } from "./bootKernel.ts";

export const ownKernelsDir = join(developmentCache, "kernel");

const fragmentsDir = join(import.meta.dirname, "..", "..", "..", "guest", "kernel");

/** The name by which the machine's loader knows a kernel of this CPU type. */
export const kernelFileName: Record<GuestArch, BootKernel["fileName"]> = {
  x64: "vmlinux",
  arm64: "Image",
};

/** What is remembered about a build, next to the kernel. */
export type KernelBuild = {
  release: string;
  /** Debian's package with the source. */
  sourcePackage: string;
  sourceVersion: string;
  compiler: string;
};

/** The fragments of the configuration, the common ones first. */
export function kernelFragments(arch: GuestArch): string {
  return ["common", arch]
    .map((name) => readFileSync(join(fragmentsDir, `${name}.config`), "utf8"))
    .join("\n");
}

/**
 * A kernel's directory is named by its configuration and by what it was made with. The first part says
 * whether it is ours; the second lets `npm run build:kernel` know whether a newer source is there.
 */
export function kernelDirectory(arch: GuestArch, build: Omit<KernelBuild, "release">): string {
  const inputs = [build.sourcePackage, build.sourceVersion, build.compiler].join("\n");
  return join(ownKernelsDir, `${prefixOf(arch)}${shortHash(inputs)}`);
}

/** Directory of the latest kernel with today's configuration; undefined when there is none. */
export function findOwnKernel(arch: GuestArch): string | undefined {
  if (!existsSync(ownKernelsDir)) return undefined;
  const prefix = prefixOf(arch);
  return readdirSync(ownKernelsDir)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(ownKernelsDir, name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .at(-1);
}

/** Reads a kernel and counts its source package among those the product is made of. */
export function readOwnKernel(directory: string, arch: GuestArch): BootKernel {
  const build: KernelBuild = JSON.parse(readFileSync(join(directory, "build.json"), "utf8"));
  const { sourcePackage, sourceVersion } = build;
  usedPackages.set(sourcePackage, {
    name: sourcePackage,
    version: sourceVersion,
    root: directory,
  });
  return {
    origin: "own",
    release: build.release,
    fileName: kernelFileName[arch],
    image: readFileSync(join(directory, kernelFileName[arch])),
    modulesDir: undefined,
  };
}

function prefixOf(arch: GuestArch): string {
  return `${arch}-${shortHash(kernelFragments(arch))}-`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
