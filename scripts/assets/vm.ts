// Builds dist/vm/<arch>/: what a machine boots from. Run it again at any time: it does nothing while
// nothing has changed. `--fresh` looks for a newer Debian kernel, too.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { version } from "../../src/shared/version.ts";
import { hasDebianRecord, recordDebianPackages } from "../notices/debian.ts";
import { buildAgent } from "./agent.ts";
import { usedPackages } from "./debian.ts";
import { debianArchitecture, type GuestArch, guestArchOf } from "./guestArch.ts";
import { buildInitramfs } from "./initramfs.ts";
import { type BootKernel, bootKernel, kernelAtHand } from "./kernel/bootKernel.ts";

/** What is known about built boot assets. */
export type Manifest = {
  /** Whose kernel it is: built by `npm run build:kernel`, or Debian's generic one. */
  kernel: BootKernel["origin"];
  kernelRelease: string;
  kernelSha256: string;
  initramfsSha256: string;
  agentVersion: string;
  /** Digest of the sources, by which a repeated build knows that there is nothing to do. */
  inputsSha256: string;
};

const repository = join(import.meta.dirname, "..", "..");

/** Builds the boot assets for a CPU and returns their directory. */
export function buildVmAssets(arch: GuestArch, options: { fresh?: boolean } = {}): string {
  const directory = join(repository, "dist", "vm", arch);
  const inputsSha256 = digestOfInputs(arch);
  // Packaging needs the record of the Debian packages as much as the files.
  const isRecorded = hasDebianRecord(`vm-${arch}`);
  if (!options.fresh && isRecorded && isCurrent(directory, inputsSha256)) {
    console.log(`assets: dist/vm/${arch} is up to date`);
    return directory;
  }
  console.log(`assets: building dist/vm/${arch} (agent, kernel, initramfs)`);
  const kernel = bootKernel(arch);
  const initramfs = buildInitramfs({
    agent: buildAgent(arch),
    modulesDir: kernel.modulesDir,
    debianSuffix: arch === process.arch ? "" : `:${debianArchitecture[arch]}`,
  });
  recordDebianPackages(`vm-${arch}`, usedPackages.values());
  const manifest: Manifest = {
    kernel: kernel.origin,
    kernelRelease: kernel.release,
    kernelSha256: sha256(kernel.image),
    initramfsSha256: sha256(initramfs),
    agentVersion: version,
    inputsSha256,
  };
  mkdirSync(directory, { recursive: true });
  replaceFile(join(directory, kernel.fileName), kernel.image);
  replaceFile(join(directory, "initramfs"), initramfs);
  // Last: an interrupted build leaves the old digest of the inputs and is done again.
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  replaceFile(join(directory, "manifest.json"), Buffer.from(text));
  const size = (bytes: Buffer): string => `${(bytes.length / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `assets: built dist/vm/${arch}: ${kernel.origin} kernel ${kernel.release} ${size(kernel.image)}, ` +
      `initramfs ${size(initramfs)}, agent ${version}`,
  );
  return directory;
}

function isCurrent(directory: string, inputsSha256: string): boolean {
  const file = join(directory, "manifest.json");
  if (!existsSync(file)) return false;
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Partial<Manifest>;
  return manifest.inputsSha256 === inputsSha256;
}

/** Covers the agent's and the build's sources, the version and our own kernel, but not Debian's packages. */
export function digestOfInputs(arch: GuestArch): string {
  const filesBelow = (directory: string) =>
    readdirSync(join(repository, directory), { recursive: true, encoding: "utf8" })
      .map((name) => join(directory, name))
      .sort();
  const guest = filesBelow("guest").filter(
    (name) => /(\.go|go\.mod|go\.sum)$/.test(name) && !name.endsWith("_test.go"),
  );
  const scripts = filesBelow("scripts/assets").filter((name) => name.endsWith(".ts"));
  const hash = createHash("sha256").update(version).update(kernelAtHand(arch));
  for (const path of [...guest, ...scripts]) {
    hash.update(`${path}\0`).update(readFileSync(join(repository, path)));
  }
  return hash.digest("hex");
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes by rename: a machine that is starting reads either the old file or the new one. */
function replaceFile(path: string, content: Buffer): void {
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

if (import.meta.main) {
  const [arch] = process.argv.slice(2).filter((word) => !word.startsWith("-"));
  buildVmAssets(guestArchOf(arch), { fresh: process.argv.includes("--fresh") });
}
