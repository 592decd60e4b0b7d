// What a release may be made of.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestArch } from "./guestArch.ts";
import { kernelFileName } from "./kernel/ownKernel.ts";
import type { Manifest } from "./vm.ts";

/**
 * Why the boot assets in a directory cannot be released, with the way out; undefined when they can. What
 * their manifest says is believed only as far as the files bear it out.
 */
export function releaseObstacle(
  directory: string,
  { arch, inputsSha256 }: { arch: GuestArch; inputsSha256: string },
): string | undefined {
  const manifest: Manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8"));
  // Debian's generic kernel boots three times slower, which is fine for development only.
  if (manifest.kernel !== "own") {
    return `it has Debian's kernel instead of that of guest/kernel/: run \`npm run build:kernel -- --arch ${arch}\``;
  }
  const rebuild = `run \`npm run build:kernel -- --arch ${arch}\``;
  const sums = {
    [kernelFileName[arch]]: manifest.kernelSha256,
    initramfs: manifest.initramfsSha256,
  };
  for (const [name, sum] of Object.entries(sums)) {
    const content = readFileSync(join(directory, name));
    if (createHash("sha256").update(content).digest("hex") === sum) continue;
    return `its ${name} is not the one of its manifest: ${rebuild}`;
  }
  if (manifest.inputsSha256 === inputsSha256) return undefined;
  return `it was built from other sources than these: ${rebuild}`;
}
