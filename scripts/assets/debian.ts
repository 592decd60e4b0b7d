// Gets files out of Debian packages with apt's own tools, without installing anything.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { UsedPackage } from "../notices/debian.ts";

/** Where downloads and intermediate results are kept between runs. */
export const developmentCache = join(homedir(), ".cache", "airlock-dev");

/** Names of the packages that a package depends on, in apt's order. */
export function dependenciesOf(packageName: string): string[] {
  const text = run("apt-cache", ["depends", "--important", packageName]);
  return [...text.matchAll(/^ +(?:Pre)?Depends: ([^\s<>]+)$/gm)].map((match) => match[1] ?? "");
}

/** Every package that was unpacked in this process, for the third-party notices. */
export const usedPackages = new Map<string, UsedPackage>();

/** Unpacks a package into the cache and returns the directory, which has its version in its name. */
export function unpackPackage(packageName: string): string {
  const version = candidateVersion(packageName);
  const [name] = packageName.split(":");
  const root = join(developmentCache, "packages", `${name}_${version.replaceAll(/[:~+]/g, "_")}`);
  if (name) usedPackages.set(packageName, { name, version, root });
  if (existsSync(root)) return root;
  mkdirSync(join(developmentCache, "packages"), { recursive: true });
  console.log(`assets: downloading ${packageName} ${version}`);
  const work = mkdtempSync(join(developmentCache, "packages", ".new-"));
  try {
    run("apt-get", ["-o", "APT::Sandbox::User=", "download", `${packageName}=${version}`], work);
    const file = readdirSync(work).find((entry) => entry.endsWith(".deb"));
    if (!file) throw new Error(`apt-get download ${packageName} left no package file`);
    run("dpkg-deb", ["-x", join(work, file), join(work, "root")]);
    // The name appears only when it is complete, so an interrupted run is done again.
    renameSync(join(work, "root"), root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return root;
}

function candidateVersion(packageName: string): string {
  const text = run("apt-cache", ["policy", packageName]);
  const version = /^ *Candidate: (\S+)$/m.exec(text)?.[1];
  if (!version || version === "(none)") {
    throw new Error(`Debian package ${packageName} is unknown here; run "apt-get update" first`);
  }
  return version;
}

function run(command: string, args: string[], cwd?: string): string {
  const env = { ...process.env, LC_ALL: "C" };
  return execFileSync(command, args, { encoding: "utf8", cwd, env, maxBuffer: 1 << 26 });
}
