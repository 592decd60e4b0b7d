import { parseSize } from "#core/config/sizes.ts";
import type { WarmOptions } from "#helper/warm/start.ts";
import { usageError } from "../errors.ts";

const defaultMaxBytes = 2 * 1024 ** 3;

/** Warm start as the environment wants it: the extension puts its settings there. */
export function warmOptions(env: NodeJS.ProcessEnv): WarmOptions {
  const { AIRLOCK_WARM: wish = "", AIRLOCK_WARM_MAX_SIZE: size = "" } = env;
  if (!["", "on", "off"].includes(wish)) {
    throw usageError(`AIRLOCK_WARM=${wish} is neither on nor off.`);
  }
  return { enabled: wish !== "off", maxBytes: size === "" ? defaultMaxBytes : bytes(size) };
}

function bytes(text: string): number {
  const parsed = parseSize(text);
  if (parsed !== undefined) return parsed;
  throw usageError(
    `AIRLOCK_WARM_MAX_SIZE=${text} is no size.`,
    'Write it, or the setting `airlock.warmStartMaxSize`, with a unit, such as "2 GB".',
  );
}
