// Builds dist/vm/<arch>/: what a machine boots from. Run it again at any time: it writes only what changed.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../src/shared/version.ts";
import { recordDebianPackages } from "../notices/debian.ts";
import { buildAgent } from "./agent.ts";
import { usedPackages } from "./debian.ts";
import { buildInitramfs } from "./initramfs.ts";
import { type GuestArch, kernelPackage } from "./kernel.ts";

const debianSuffix = { x64: ":amd64", arm64: ":arm64" };

/** Builds the boot assets for a CPU and returns their directory. */
export function buildVmAssets(arch: GuestArch): string {
  const directory = join(import.meta.dirname, "..", "..", "dist", "vm", arch);
  mkdirSync(directory, { recursive: true });
  const kernel = kernelPackage(arch);
  const initramfs = buildInitramfs({
    agent: buildAgent(arch),
    modulesDir: kernel.modulesDir,
    debianSuffix: arch === process.arch ? "" : debianSuffix[arch],
  });
  recordDebianPackages(`vm-${arch}`, usedPackages.values());
  const manifest = {
    kernelRelease: kernel.release,
    kernelSha256: sha256(kernel.image),
    initramfsSha256: sha256(initramfs),
    agentVersion: version,
  };
  const written = [
    writeIfChanged(join(directory, kernel.fileName), kernel.image),
    writeIfChanged(join(directory, "initramfs"), initramfs),
    // Last, so that a manifest never speaks of files that are not there.
    writeIfChanged(
      join(directory, "manifest.json"),
      Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    ),
  ].some(Boolean);
  const size = (bytes: Buffer): string => `${(bytes.length / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `assets: ${written ? "built" : "unchanged"} dist/vm/${arch}: kernel ${kernel.release} ` +
      `${size(kernel.image)}, initramfs ${size(initramfs)}, agent ${version}`,
  );
  return directory;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes by rename: a machine that is starting reads either the old file or the new one. */
function writeIfChanged(path: string, content: Buffer): boolean {
  if (existsSync(path) && readFileSync(path).equals(content)) return false;
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
  return true;
}

if (import.meta.main) {
  const arch = process.argv[2] ?? process.arch;
  if (arch !== "x64" && arch !== "arm64") throw new Error(`no guest for the CPU type ${arch}`);
  buildVmAssets(arch);
}
