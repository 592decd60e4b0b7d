import { createHash } from "node:crypto";
import { cacheDir } from "#helper/paths.ts";
import { socketPath } from "#shared/protocol/socketPath.ts";

/** The socket of the sandbox whose state is in `sandboxDir` (symlinks resolved). */
export function cliSocketPath(sandboxDir: string): string {
  return socketPath({ sandboxDir, cacheDir: cacheDir(), sha256hex });
}

function sha256hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
