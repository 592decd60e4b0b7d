// The independent checks every image written in a test goes through.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from "node:fs";
import { describe, listing, readErofs } from "./erofsReader.ts";

/** Runs fsck.erofs, which must find nothing, and our own strict reader; returns the listing. */
export function checkImage(path: string): string {
  const result = spawnSync("fsck.erofs", [path], { encoding: "utf8" });
  assert.equal(result.error, undefined, "fsck.erofs of the package erofs-utils is needed");
  assert.equal(result.status, 0, `fsck.erofs: ${result.stdout}${result.stderr}`);
  assert.doesNotMatch(`${result.stdout}${result.stderr}`, /fail|corrupt|invalid|bogus|error/i);
  return listing(readErofs(readFileSync(path)));
}

/** Why an image cannot be mounted here, if so. */
export const mountSkipReason = findMountSkipReason();

/** The listing of an image as the kernel shows it, without extended attributes. */
export function mountedListing(path: string, mountPoint: string): string {
  mkdirSync(mountPoint, { recursive: true });
  const mount = spawnSync("mount", ["-o", "loop,ro", "-t", "erofs", path, mountPoint]);
  assert.equal(mount.status, 0, String(mount.stderr));
  try {
    return directoryListing(mountPoint);
  } finally {
    assert.equal(spawnSync("umount", [mountPoint]).status, 0, "umount");
    rmSync(mountPoint, { recursive: true });
  }
}

/** The same listing of an unpacked directory, without extended attributes. */
export function directoryListing(path: string): string {
  const lines: string[] = [];
  walk(Buffer.from(path), "", lines);
  return lines.sort().join("");
}

/** A listing without the extended attributes, to compare with what the kernel shows. */
export function withoutXattrs(text: string): string {
  return text.replace(/ (?:user|security|trusted|system)\.\S+/g, "");
}

function walk(path: Buffer, name: string, lines: string[]): void {
  const stats = lstatSync(path, { bigint: true });
  const kind = kindOf(stats);
  const device = stats.rdev;
  lines.push(
    describe(name === "" ? "/" : name, {
      kind,
      mode: Number(stats.mode & 0o7777n),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      sizeBytes: Number(stats.size),
      links: Number(stats.nlink),
      mtimeSeconds: floorSeconds(stats.mtimeNs),
      mtimeNanoseconds: Number(stats.mtimeNs - floorSeconds(stats.mtimeNs) * 1_000_000_000n),
      device: kind.endsWith("Device") ? decodeDevice(device) : undefined,
      content: contentOf(path, kind),
    }),
  );
  if (kind !== "directory") return;
  for (const child of readdirSync(path, { encoding: "buffer" })) {
    const childName = child.toString("latin1");
    const childPath = Buffer.concat([path, Buffer.from("/"), child]);
    walk(childPath, name === "" ? childName : `${name}/${childName}`, lines);
  }
}

function contentOf(path: Buffer, kind: string): Buffer {
  if (kind === "file") return readFileSync(path);
  if (kind === "symlink") return readlinkSync(path, { encoding: "buffer" });
  return Buffer.alloc(0);
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "characterDevice";
  if (stats.isBlockDevice()) return "blockDevice";
  return stats.isFIFO() ? "fifo" : "socket";
}

function floorSeconds(nanoseconds: bigint): bigint {
  const seconds = nanoseconds / 1_000_000_000n;
  return seconds * 1_000_000_000n > nanoseconds ? seconds - 1n : seconds;
}

// glibc's makedev, as stat reports it.
function decodeDevice(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

function findMountSkipReason(): string | false {
  if (process.getuid?.() !== 0) return "mounting needs root";
  const known = /\berofs\b/.test(readFileSync("/proc/filesystems", "utf8"));
  if (!known) return "this kernel has no EROFS";
  return spawnSync("losetup", ["-f"]).status === 0 ? false : "there is no free loop device";
}
