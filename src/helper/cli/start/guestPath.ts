import { posix } from "node:path";
import type { Project } from "#helper/sandbox/project.ts";
import { usageError } from "../errors.ts";
import type { StartOptions } from "./options.ts";

/** Directories the guest fills itself; a project mounted there would break it or be covered. */
const reserved = ["/dev", "/proc", "/sys"];

/** The value of `--sandbox-cwd`, tidied. */
export function sandboxCwd(path: string): string {
  const normal = posix.normalize(path).replace(/(.)\/$/, "$1");
  if (!posix.isAbsolute(normal)) {
    throw usageError(`--sandbox-cwd ${path} is not an absolute path.`);
  }
  const taken = reserved.find((one) => normal === one || normal.startsWith(`${one}/`));
  if (normal === "/" || taken !== undefined) {
    throw usageError(`--sandbox-cwd ${path} would cover a directory the sandbox needs.`);
  }
  return normal;
}

/** Where the guest sees the project. A directory of the host's may lie below `/dev`, such as `/dev/shm/x`. */
export function guestPathOf(
  { dir }: Pick<Project, "dir">,
  options: Pick<StartOptions, "sandboxCwd">,
): string {
  if (options.sandboxCwd !== undefined) return options.sandboxCwd;
  if (dir === "/" || dir === "/dev" || /^\/(proc|sys)(\/|$)/.test(dir)) {
    throw usageError(
      `The project ${dir} cannot be at its own path in the sandbox: it would cover a directory the sandbox needs.`,
      "Start in a folder below it, or say with `--sandbox-cwd` where the project is to appear.",
    );
  }
  return dir;
}
