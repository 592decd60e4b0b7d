import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { version } from "#shared/version.ts";
import { cacheDir } from "./paths.ts";

/** Long enough that no version that is in use loses its cache again and again. */
const keptMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Lets Node keep the compiled code of our bundles between runs: compiling is most of what a short
 * command costs. Without a place to write, or on a Node that cannot do it, everything works as before.
 */
export function keepCompiledCode(): void {
  // Node 22.1; the types know nothing older.
  if (!("enableCompileCache" in module) || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const directory = join(cacheDir(), "code", version);
  try {
    // What lies there is run: nobody else may write to it, whatever the umask is.
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) forgetOldVersions(dirname(directory));
    module.enableCompileCache(directory);
  } catch {
    // A read-only or full home directory: then the code is compiled each time.
  }
}

function forgetOldVersions(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (Date.now() - statSync(path).mtimeMs > keptMs)
      rmSync(path, { recursive: true, force: true });
  }
}
