import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { SandboxError } from "#helper/sandbox/errors.ts";

/**
 * Opens a file that only we may have made, in a directory that a guest may reach: where the host cannot
 * cover `.airlock`, root of the guest can put a link there at any moment, and what we write would go to
 * whatever file of the user it names. So nothing is followed, and before a byte is read or written the
 * open file has to be ours and to be where the path says. Symlinks in `path` must be resolved.
 */
export function openOwn(path: string, flags: number): number {
  const descriptor = openUnfollowed(path, flags);
  try {
    const flaw = openFlaw(path, descriptor);
    if (flaw !== undefined) throw planted(path, flaw);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The text of a file that only we may have made. */
export function readOwn(path: string, longestBytes: number): string {
  const descriptor = openOwn(path, constants.O_RDONLY);
  try {
    if (fstatSync(descriptor).size > longestBytes) throw new Error(`${path} is too long`);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/** Why state at a path cannot be ours; undefined when it can. `uid` is undefined on Windows. */
export function plantedFlaw(
  found: Pick<Stats, "uid" | "nlink" | "isSymbolicLink" | "isFile">,
  uid: number | undefined,
): string | undefined {
  if (found.isSymbolicLink()) return "is a symbolic link";
  if (found.isFile() && found.nlink > 1) return "is a hard link of another file";
  if (uid !== undefined && uid !== 0 && found.uid !== uid) return "belongs to another user";
  return undefined;
}

/** What a user is told about state that we did not make. */
export function planted(path: string, flaw: string): SandboxError {
  return new SandboxError("state-dir", `${path} ${flaw}, so Airlock does not use it.`, {
    hint: "Look where it comes from, delete it, then start again.",
  });
}

function openUnfollowed(path: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    // Without blocking: a pipe in its place would hold us for ever.
    return openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    throw planted(path, "is a symbolic link");
  }
}

function openFlaw(path: string, descriptor: number): string | undefined {
  const found = fstatSync(descriptor);
  if (!found.isFile()) return "is no file";
  return plantedFlaw(found, process.getuid?.()) ?? placeFlaw(path, descriptor);
}

/** The flag that forbids links looks at the last name only; the kernel knows where we have arrived. */
function placeFlaw(path: string, descriptor: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  const isThere = readlinkSync(`/proc/self/fd/${descriptor}`) === path;
  return isThere ? undefined : "is reached through a symbolic link";
}
