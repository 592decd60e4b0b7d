import { constants, ftruncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openOwn } from "#helper/ownFile.ts";
import type { Project } from "#helper/sandbox/project.ts";

/** Gets everything that the guest's process prints, as it comes. */
export type Dump = (bytes: Uint8Array) => void;

/**
 * With `AIRLOCK_PTY_DUMP=1`, keeps what the guest prints in a session beside the sandbox's state, so that a
 * screen gone wrong can be looked into. Each session begins the file anew. Undefined when nobody asked.
 */
export function openPtyDump(
  { sandboxDir }: Pick<Project, "sandboxDir">,
  env: NodeJS.ProcessEnv,
  notice: (text: string) => void,
): Dump | undefined {
  if (env.AIRLOCK_PTY_DUMP !== "1") return undefined;
  const path = join(sandboxDir, "pty.dump");
  const { O_WRONLY, O_CREAT, O_APPEND } = constants;
  const file = openOwn(path, O_WRONLY | O_CREAT | O_APPEND);
  ftruncateSync(file);
  notice(`All output of the sandbox's command is also written to ${path}.`);
  let isFull = false;
  return (bytes) => {
    if (isFull) return;
    try {
      writeSync(file, bytes);
    } catch {
      // A disk without room must not end the session; what is there already can still be read.
      isFull = true;
    }
  };
}
