// Builds the guest's kernel from Debian's kernel source and the
// fragments in guest/kernel/, and keeps it in the development cache. Does nothing when it is there. `npm run build:kernel` calls it with a CPU type.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { dependenciesOf, unpackPackage, usedPackages } from "../debian.ts";
import { type GuestArch, guestArchOf } from "../guestArch.ts";
import { configDifferences, parseKernelConfig } from "./config.ts";
import { make } from "./make.ts";
import {
  type KernelBuild,
  kernelDirectory,
  kernelFileName,
  kernelFragments,
  ownKernelsDir,
} from "./ownKernel.ts";
import { requiredConfig } from "./required.ts";

const kernelArch = { x64: "x86_64", arm64: "arm64" };
const builtImage = { x64: "vmlinux", arm64: join("arch", "arm64", "boot", "Image") };
const gnuPrefix = { x64: "x86_64-linux-gnu-", arm64: "aarch64-linux-gnu-" };

/** Builds the kernel unless it is in the cache, and returns its directory there. */
async function buildOwnKernel(arch: GuestArch): Promise<string> {
  const prefix = arch === process.arch ? "" : gnuPrefix[arch];
  const source = kernelSource();
  const compiler = firstLine(execFileSync(`${prefix}gcc`, ["--version"], { encoding: "utf8" }));
  const build = { sourcePackage: source.name, sourceVersion: source.version, compiler };
  const directory = kernelDirectory(arch, build);
  if (existsSync(directory)) {
    console.log(`kernel: ${basename(directory)} is in the cache`);
    return directory;
  }
  // Of a fixed name: an interrupted build goes on where it was.
  const work = join(ownKernelsDir, `.work-${basename(directory)}`);
  const tree = unpackSource(source.root, work);
  const run = (targets: string[], settings: string[] = []) =>
    make(tree, [`ARCH=${kernelArch[arch]}`, `CROSS_COMPILE=${prefix}`, ...settings, ...targets]);
  const wanted = join(work, "wanted.config");
  writeFileSync(wanted, kernelFragments(arch));
  await run(["allnoconfig"], [`KCONFIG_ALLCONFIG=${wanted}`]);
  checkConfig(arch, join(tree, ".config"));
  console.log(`kernel: compiling ${source.name} ${source.version} for ${arch}; this takes a while`);
  await run([basename(builtImage[arch])]);
  const release = firstLine(readFileSync(join(tree, "include/config/kernel.release"), "utf8"));
  commit({ tree, work, directory, arch, prefix, build: { ...build, release }, source });
  return directory;
}

type Source = { name: string; version: string; root: string };

/** Debian's kernel source, of the same version as the kernel that is otherwise taken from Debian. */
function kernelSource(): Source {
  const name = dependenciesOf("linux-source").find((entry) => entry.startsWith("linux-source-"));
  if (!name) throw new Error('no Debian package linux-source here; run "apt-get update" first');
  const root = unpackPackage(name);
  const version = usedPackages.get(name)?.version ?? "";
  return { name, version, root };
}

/** Unpacks by rename, so that a tree that is there is whole. */
function unpackSource(root: string, work: string): string {
  const tree = join(work, "source");
  if (existsSync(tree)) return tree;
  const directory = join(root, "usr", "src");
  const archive = readdirSync(directory).find((name) => name.endsWith(".tar.xz"));
  if (!archive) throw new Error(`no source archive in ${directory}`);
  console.log(`kernel: unpacking ${archive}`);
  mkdirSync(work, { recursive: true });
  const unfinished = mkdtempSync(join(work, ".new-"));
  const options = ["--strip-components=1", "--no-same-owner", "-C", unfinished];
  execFileSync("tar", ["-xf", join(directory, archive), ...options]);
  renameSync(unfinished, tree);
  return tree;
}

/** `make` drops options without a word when the kernel has renamed them or a need is not met. */
function checkConfig(arch: GuestArch, path: string): void {
  const built = parseKernelConfig(readFileSync(path, "utf8"));
  const asked = configDifferences(parseKernelConfig(kernelFragments(arch)), built);
  const needed = configDifferences(requiredConfig(arch), built);
  const differences = [...new Set([...asked, ...needed])];
  if (differences.length === 0) return;
  throw new Error(
    `the kernel's configuration is not what was asked for:\n${differences.join("\n")}`,
  );
}

function commit(parts: {
  tree: string;
  work: string;
  directory: string;
  arch: GuestArch;
  prefix: string;
  build: KernelBuild;
  source: Source;
}): void {
  const { tree, work, directory, arch, prefix, build, source } = parts;
  const result = mkdtempSync(join(ownKernelsDir, ".new-"));
  const image = join(result, kernelFileName[arch]);
  if (arch === "x64") execFileSync(`${prefix}strip`, ["-s", "-o", image, join(tree, "vmlinux")]);
  else copyFileSync(join(tree, builtImage[arch]), image);
  copyFileSync(join(tree, ".config"), join(result, "config"));
  const documents = join("usr", "share", "doc", source.name);
  mkdirSync(join(result, documents), { recursive: true });
  cpSync(join(source.root, documents, "copyright"), join(result, documents, "copyright"));
  writeFileSync(join(result, "build.json"), `${JSON.stringify(build, null, 2)}\n`);
  renameSync(result, directory);
  rmSync(work, { recursive: true, force: true });
  const size = (readFileSync(join(directory, kernelFileName[arch])).length / 2 ** 20).toFixed(1);
  console.log(`kernel: built ${build.release} for ${arch}, ${size} MiB`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

await buildOwnKernel(guestArchOf(process.argv[2]));
