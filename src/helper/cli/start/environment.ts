import { substitute } from "#core/config/substitute.ts";
import { mergeEnv } from "#helper/sandbox/environment.ts";
import { configError } from "./configuration.ts";

/**
 * The sandbox's environment: the image's entries, then those of `[env]` in the order of their keys,
 * with variables of the host filled in. All that is missing is told at once. Values are secrets: no
 * message may contain one.
 */
export function sandboxEnv(
  imageEnv: readonly string[],
  configured: Readonly<Record<string, string>>,
  host: NodeJS.ProcessEnv,
): string[] {
  // Objects know more names than the variables they were given.
  const lookup = (name: string) => (Object.hasOwn(host, name) ? host[name] : undefined);
  const resolved = Object.entries(configured)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, template]) => ({ name, ...substitute(template, lookup) }));
  const errors = resolved.flatMap((one) =>
    "error" in one ? [`env.${one.name}: ${one.error}`] : [],
  );
  if (errors.length > 0) throw configError(errors, 1);
  const entries = resolved.flatMap((one) => ("value" in one ? [`${one.name}=${one.value}`] : []));
  return mergeEnv(imageEnv, entries);
}
