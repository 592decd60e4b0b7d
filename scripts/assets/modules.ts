// Chooses the kernel modules of the initramfs and the order in which they load.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleInfo } from "./elf.ts";

/** Loaded at boot, so that they are in a snapshot of the idle machine. */
const bootModules = [
  "virtio_pci",
  "virtio_console",
  "virtio_rng",
  "virtio_balloon",
  "virtio_blk",
  "virtiofs",
  "9pnet_virtio",
  "9p",
  "crc32c_generic",
  "erofs",
  "ext4",
  "overlay",
  "tun",
  "loop",
];

/** Loaded when nested virtualisation is asked for. */
const nestedModules = ["kvm_intel", "kvm_amd"];

export type ModuleFile = { name: string; content: Buffer };

export type ModuleSelection = {
  /** All files, each once. */
  files: ModuleFile[];
  /** Names in load order: every module comes after the ones it depends on. */
  boot: string[];
  nested: string[];
};

/** Picks the modules above with their dependencies; kernels with some of them built in are fine. */
export function selectModules(modulesDir: string): ModuleSelection {
  const paths = indexModules(modulesDir);
  const loaded = new Map<string, ModuleFile>();
  const boot = orderModules(bootModules, paths, loaded);
  const nested = orderModules(nestedModules, paths, loaded).filter((name) => !boot.includes(name));
  return { files: [...loaded.values()], boot, nested };
}

function orderModules(
  wanted: readonly string[],
  paths: ReadonlyMap<string, string>,
  loaded: Map<string, ModuleFile>,
): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    const path = paths.get(name);
    if (!path || order.includes(name)) return;
    const content = loaded.get(name)?.content ?? withoutSignature(readFileSync(path));
    loaded.set(name, { name, content });
    for (const dependency of dependenciesOfModule(content)) visit(dependency);
    order.push(name);
  };
  for (const name of wanted) visit(name);
  return order;
}

const signatureMark = Buffer.from("~Module signature appended~\n");

/**
 * Cuts the appended signature off (include/linux/module_signature.h). The kernel accepts both, and what
 * could change the modules could change the agent beside them as well; but checking signatures takes a
 * third of the loading time, which is a quarter of a second under emulation.
 */
function withoutSignature(module: Buffer): Buffer {
  const end = module.length - signatureMark.length;
  if (end < 12 || !module.subarray(end).equals(signatureMark)) return module;
  return module.subarray(0, end - 12 - module.readUInt32BE(end - 4));
}

function dependenciesOfModule(content: Buffer): string[] {
  const depends = moduleInfo(content).find(([key]) => key === "depends")?.[1] ?? "";
  return depends.split(",").filter(Boolean).map(normalize);
}

function indexModules(modulesDir: string): Map<string, string> {
  const files = readdirSync(modulesDir, { recursive: true, withFileTypes: true });
  const modules = files.filter((file) => file.isFile() && file.name.endsWith(".ko"));
  if (modules.length === 0) throw new Error(`no uncompressed modules in ${modulesDir}`);
  return new Map(
    modules.map((file) => [normalize(file.name.slice(0, -3)), join(file.parentPath, file.name)]),
  );
}

/** The kernel takes `-` and `_` in module names for the same. */
function normalize(name: string): string {
  return name.replaceAll("-", "_");
}
