import { readlinkSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { PathFacts } from "#core/config/approval/privileged.ts";

/** How paths of a project's configuration are understood on this host. */
export function pathFacts(projectDir: string): PathFacts {
  return {
    projectDir,
    resolve: (path) => realPath(resolve(projectDir, expandHome(path))),
  };
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
