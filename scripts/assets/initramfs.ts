// Packs the initramfs: the agent as /init, the kernel modules it loads and the ext4 tools it runs.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { type CpioEntry, writeCpio } from "./cpio.ts";
import { dependenciesOf, unpackPackage } from "./debian.ts";
import { interpreterOf, neededLibraries } from "./elf.ts";
import { selectModules } from "./modules.ts";

const tools = ["mke2fs", "e2fsck", "resize2fs"];

/** Lays out the archive; `debianSuffix` is empty or `:arm64` for packages of a foreign CPU. */
export function buildInitramfs(parts: {
  agent: Buffer;
  /** Undefined for a kernel with everything built in. */
  modulesDir: string | undefined;
  debianSuffix: string;
}): Buffer {
  return writeCpio([
    { path: "init", type: "file", content: parts.agent, executable: true },
    ...["dev", "proc", "sys", "run", "tmp", "mnt", "etc"].map(
      (path): CpioEntry => ({ path, type: "directory" }),
    ),
    ...(parts.modulesDir === undefined ? [] : moduleEntries(parts.modulesDir)),
    ...toolEntries(parts.debianSuffix),
  ]);
}

function moduleEntries(modulesDir: string): CpioEntry[] {
  const directory = `lib/modules/${basename(modulesDir)}`;
  const selection = selectModules(modulesDir);
  const list = (names: string[]): Buffer => Buffer.from(names.map((name) => `${name}\n`).join(""));
  return [
    { path: `${directory}/boot.list`, type: "file", content: list(selection.boot) },
    { path: `${directory}/nested.list`, type: "file", content: list(selection.nested) },
    ...selection.files.map(
      ({ name, content }): CpioEntry => ({
        path: `${directory}/${name}.ko`,
        type: "file",
        content,
      }),
    ),
  ];
}

/** The ext4 tools with the libraries they are linked to, and the loader at the path they name. */
function toolEntries(debianSuffix: string): CpioEntry[] {
  const roots = packageRoots(debianSuffix);
  const libraries = indexLibraries(roots);
  const entries: CpioEntry[] = [];
  const packed = new Set<string>();
  const addLibraries = (program: Buffer): void => {
    for (const name of neededLibraries(program)) {
      if (packed.has(name)) continue;
      packed.add(name);
      const content = readFileSync(found(libraries.get(name), name));
      entries.push({ path: `lib/${name}`, type: "file", content, executable: true });
      addLibraries(content);
    }
  };
  for (const tool of tools) {
    const path = roots
      .flatMap((root) => [join(root, "sbin", tool), join(root, "usr", "sbin", tool)])
      .find((candidate) => existsSync(candidate));
    const content = readFileSync(found(path, tool));
    entries.push({ path: `sbin/${tool}`, type: "file", content, executable: true });
    addLibraries(content);
    const loader = interpreterOf(content);
    if (loader) addLoader(entries, loader, libraries);
  }
  const unique = new Map(entries.map((entry) => [entry.path, entry]));
  return [...unique.values()];
}

function addLoader(
  entries: CpioEntry[],
  loader: string,
  libraries: ReadonlyMap<string, string>,
): void {
  const name = basename(loader);
  const content = readFileSync(found(libraries.get(name), name));
  entries.push({ path: loader.slice(1), type: "file", content, executable: true });
}

function packageRoots(debianSuffix: string): string[] {
  const libraries = dependenciesOf(`e2fsprogs${debianSuffix}`).filter((name) =>
    name.startsWith("lib"),
  );
  const names = new Set(["e2fsprogs", ...libraries.map((name) => name.split(":")[0] ?? name)]);
  return [...names].map((name) => unpackPackage(`${name}${debianSuffix}`));
}

function indexLibraries(roots: readonly string[]): Map<string, string> {
  const index = new Map<string, string>();
  for (const root of roots) {
    for (const file of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!file.name.includes(".so") || file.isDirectory()) continue;
      const path = join(file.parentPath, file.name);
      const content = file.isSymbolicLink() ? linkTarget(root, path) : path;
      if (existsSync(content)) index.set(file.name, content);
    }
  }
  return index;
}

/** An absolute link means the package's own tree, never the host's. */
function linkTarget(root: string, path: string): string {
  const target = readlinkSync(path);
  return isAbsolute(target) ? join(root, target) : join(dirname(path), target);
}

function found(path: string | undefined, name: string): string {
  if (!path) throw new Error(`${name} is not in e2fsprogs or the libraries it depends on`);
  return path;
}
