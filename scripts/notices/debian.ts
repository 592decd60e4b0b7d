// Remembers which Debian packages a part of the product was taken from, and makes notices of them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Notice } from "./notice.ts";

const recordsDir = join(import.meta.dirname, "..", "..", "build", "notices");

/** A package whose files, or some of them, are in the product; `root` is where it was unpacked. */
export type UsedPackage = { name: string; version: string; root: string };

type PackageRecord = Omit<UsedPackage, "root"> & { source: string; copyright: string };

/** Records what a part was made from; called by the scripts that build the parts. */
export function recordDebianPackages(part: string, packages: Iterable<UsedPackage>): void {
  const records = [...packages].map(({ name, version, root }): PackageRecord => {
    const file = join(root, "usr", "share", "doc", name, "copyright");
    const copyright = existsSync(file) ? readFileSync(file, "utf8") : "";
    return { name, version, source: sourceOf(name, version), copyright };
  });
  mkdirSync(recordsDir, { recursive: true });
  writeFileSync(recordOf(part), JSON.stringify(records, null, 2));
}

/** Whether it is known what a part was made from. */
export function hasDebianRecord(part: string): boolean {
  return existsSync(recordOf(part));
}

function recordOf(part: string): string {
  return join(recordsDir, `${part}.json`);
}

/** Notices for a recorded part. */
export function debianNotices(part: string): Notice[] {
  const path = recordOf(part);
  if (!existsSync(path)) throw new Error(`nothing is recorded about ${part}; build it first`);
  const records: PackageRecord[] = JSON.parse(readFileSync(path, "utf8"));
  return records
    .sort((a, b) => a.name.localeCompare(b.name, "en"))
    .map(({ name, version, source, copyright }) => ({
      name: `${name} (Debian source package ${source})`,
      version,
      licence: licences(name, copyright),
      text: copyright || "See the copyright file of the Debian package.",
    }));
}

/** The full texts that Debian's copyright files refer to, as Debian has them. */
export function commonLicences(): Notice[] {
  const folder = "/usr/share/common-licenses";
  const names = ["GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1", "LGPL-3", "Apache-2.0", "MPL-2.0"];
  return names
    .filter((name) => existsSync(join(folder, name)))
    .map((name) => ({
      name,
      version: "",
      licence: "full text",
      text: readFileSync(join(folder, name), "utf8"),
    }));
}

/** The source package with its version, such as `busybox 1:1.35.0-4`. */
function sourceOf(name: string, version: string): string {
  // The signed kernel package names a source that only adds the signature to this one.
  if (isKernel(name)) return `linux ${version}`;
  const show = execFileSync("apt-cache", ["show", `${name}=${version}`], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  const [, source = name, sourceVersion = version] =
    /^Source: (\S+)(?: \((\S+)\))?$/m.exec(show) ?? [];
  return `${source} ${sourceVersion}`;
}

/** The kernel as Debian built it, or the source from which we have. */
function isKernel(name: string): boolean {
  return /^linux-(image|source)-/.test(name);
}

/** The short names in a machine-readable copyright file; the kernel's is not one. */
function licences(name: string, copyright: string): string {
  if (isKernel(name)) return "GPL-2.0 WITH Linux-syscall-note";
  const names = [...copyright.matchAll(/^License: (.+)$/gm)].map((match) => match[1] ?? "");
  return [...new Set(names)].join(", ") || "see the text";
}
