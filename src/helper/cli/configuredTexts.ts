import { parsePortMapping } from "#core/config/fields/ports.ts";
import type { Configured } from "#shared/protocol/show.ts";

type Entry = { name: string; enabled: boolean };

/**
 * Each part of a configuration as lines for people, one for each entry: what it is, whether it is switched
 * off, and whether this version can do it at all.
 */
export function configuredTexts(configured: Configured, options: { disabled: boolean }) {
  const { mounts, caches, network, daemons, masks } = configured;
  const inactive = (key: string) => configured.notActive.includes(key);
  const lines = <Part extends Entry>(
    key: string,
    entries: readonly Part[],
    text: (entry: Part) => string,
  ) =>
    entries
      .filter(({ enabled }) => enabled || options.disabled)
      .map((entry) => `${entry.name}: ${text(entry)}${note(entry.enabled, inactive(key))}`);
  return {
    mounts: lines("mounts", mounts, mountText),
    caches: lines("disk.cache", caches, ({ paths }) => paths.join(", ")),
    policy: `${network.policy}${note(true, inactive("network.policy"))}`,
    rules: lines("network.rules", network.rules, ({ allow, deny }) => {
      return `${allow} allow, ${deny} deny`;
    }),
    middleware: lines("network.middleware", network.middleware, ({ targets }) => {
      return count(targets, "target");
    }),
    sockets: lines("network.sockets", network.sockets, ({ host }) => host),
    ports: lines("network.ports", network.ports, portsText),
    daemons: lines("daemons", daemons, ({ command }) => command.join(" ")),
    masks: lines("mask", masks, ({ paths }) => {
      return `${count(paths.length, "path")}: ${paths.join(", ")}`;
    }),
  };
}

function note(isEnabled: boolean, isInactive: boolean): string {
  if (!isEnabled) return " (disabled)";
  return isInactive ? " (not active yet)" : "";
}

function mountText({ source, target, readOnly }: Configured["mounts"][number]): string {
  return `${source} → ${target}${readOnly ? ", read-only" : ""}`;
}

/** The arrow points to where a connection ends. */
function portsText({ host, guest }: Configured["network"]["ports"][number]): string {
  return [
    ...host.map((each) => forward(each, ({ host, guest }) => `guest ${guest} → host ${host}`)),
    ...guest.map((each) => forward(each, ({ host, guest }) => `host ${host} → guest ${guest}`)),
  ].join(", ");
}

function forward(
  written: number | string,
  text: (mapping: { host: number; guest: number }) => string,
): string {
  const mapping = parsePortMapping(written);
  return "error" in mapping ? String(written) : text(mapping);
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
