import { readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, parse, resolve, sep } from "node:path";
import type { PathFacts } from "#core/config/approval/privileged.ts";
import type { Config } from "#core/config/schema.ts";
import { fileHashes } from "#helper/warm/fileHash.ts";
import { isBelow } from "#shared/paths.ts";

/** How paths of a project's configuration are understood on this host. */
export async function pathFacts(
  projectDir: string,
  { kernel, initramfs }: Config["vm"],
): Promise<PathFacts> {
  const real = (path: string) => realPath(resolve(projectDir, expandHome(path)));
  const bootFiles = [kernel, initramfs].filter((path) => path !== undefined).map(real);
  const own = bootFiles.filter((path) => isBelow(path, projectDir));
  return {
    projectDir,
    resolve: real,
    contents: await contentsOf(own),
    isGuestWritable: (path) => waypoints(path).some((each) => isShared(each, projectDir)),
  };
}

/** What cannot be read has no content, and cannot be booted either. */
async function contentsOf(paths: readonly string[]): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const path of paths) {
    const [hash] = await fileHashes([path]).catch(() => []);
    if (hash !== undefined) known.set(path, hash);
  }
  return known;
}

/** Whether a path without symlinks is the project's and not in its covered state directory. */
export function isShared(path: string, projectDir: string): boolean {
  return isBelow(path, projectDir) && !isBelow(path, join(projectDir, ".airlock"));
}

/**
 * All places that decide what is found at a path: the links on the way to it, and where they end. Whoever
 * can write one of them can put something else there.
 */
export function waypoints(path: string): string[] {
  const found: string[] = [];
  let ahead = resolve(path).split(sep);
  let here = parse(resolve(path)).root;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    // As the system does it: `..` leaves the directory that a link has led to.
    const next = name === ".." ? dirname(here) : join(here, name);
    const target = found.length < maxLinks ? linkTarget(next) : undefined;
    if (target === undefined) {
      here = next;
      continue;
    }
    found.push(next);
    ahead = [...target.split(sep), ...ahead];
    if (isAbsolute(target)) here = parse(target).root;
  }
  return [...found, here];
}

function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** As many links in a row as Linux follows. */
const maxLinks = 40;

/** Symlinks resolved as far as the path exists: a link in the project can lead anywhere. */
function realPath(path: string, links = 0): string {
  try {
    return realpathSync(path);
  } catch {
    // Something in it does not exist, but may be created later where its links lead.
    const parent = dirname(path);
    if (path === parent) return path;
    const here = join(realPath(parent, links), basename(path));
    const target = links < maxLinks ? linkTarget(here) : undefined;
    return target === undefined ? here : realPath(resolve(dirname(here), target), links + 1);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link.
    return undefined;
  }
}
