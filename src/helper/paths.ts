import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** `~/.airlock`: settings and user-level configuration. Never cleaned by us. */
export function userDir(): string {
  return join(homedir(), ".airlock");
}

/** `~/.cache/airlock`: images and everything else that can be made again. */
export function cacheDir(): string {
  return join(homedir(), ".cache", "airlock");
}

/** The bundle's own directory (`dist/`), with `vm/<arch>/` and `images/` in it. */
export function assetsDir(): string {
  return process.env.AIRLOCK_ASSETS ?? dirname(realpathSync(process.argv[1] ?? "."));
}
