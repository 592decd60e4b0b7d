// A Debian base system as an archive, made from the packages that this machine's own sources have.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const directory = join(import.meta.dirname, "../../build/test-images");
const keepMs = 7 * 24 * 60 * 60 * 1000;

/** Makes it, or takes the one that was made in the last days; a text says why there is none. */
export function debianArchive(): Buffer | string {
  const path = join(directory, "debian.tar");
  if (existsSync(path) && Date.now() - statSync(path).mtimeMs < keepMs) return readFileSync(path);
  if (process.getuid?.() !== 0) return "making a Debian base system needs root";
  if (spawnSync("mmdebstrap", ["--version"]).status !== 0) return "mmdebstrap is not installed";
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const sources = sourceFiles();
  if (release === undefined || sources.length === 0) return "this is no Debian with its sources";
  mkdirSync(directory, { recursive: true });
  const draft = `${path}.${process.pid}.tar`;
  const options = ["--variant=minbase", "--mode=root", "--quiet"];
  const made = spawnSync("mmdebstrap", [...options, release, draft, ...sources]);
  if (made.status !== 0) {
    return `mmdebstrap failed: ${made.stderr.toString().trim().split("\n").at(-1)}`;
  }
  renameSync(draft, path);
  return readFileSync(path);
}

function sourceFiles(): string[] {
  const parts = "/etc/apt/sources.list.d";
  const names = existsSync(parts) ? readdirSync(parts) : [];
  const found = names.filter((name) => name.startsWith("debian")).map((name) => join(parts, name));
  return [...found, "/etc/apt/sources.list"].filter((path) => existsSync(path));
}
