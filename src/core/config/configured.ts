import type { Configured } from "#shared/protocol/show.ts";
import { inactiveKeys } from "./checks/notActive.ts";
import { formatKeyPath } from "./names/keyPath.ts";
import { sortedEntries } from "./names/order.ts";
import type { Config } from "./schema.ts";

/** What a configuration asks for, in the order in which it is carried out. */
export function configuredParts({ mounts, disk, network, daemons, mask }: Config): Configured {
  return {
    notActive: inactiveKeys.map(formatKeyPath),
    mounts: list(mounts, ({ source, target, read_only }) => ({
      source,
      target,
      readOnly: read_only,
    })),
    caches: list(disk.cache, ({ paths }) => ({ paths })),
    network: {
      policy: network.policy,
      rules: list(network.rules, ({ allow, deny }) => ({
        allow: allow.length,
        deny: deny.length,
      })),
      middleware: list(network.middleware, ({ target }) => ({ targets: target.length })),
      ports: list(network.ports, ({ host, guest }) => ({ host, guest })),
      sockets: list(network.sockets, ({ host }) => ({ host })),
    },
    daemons: list(daemons, ({ command }) => ({ command })),
    masks: list(mask, ({ paths }) => ({ paths })),
  };
}

function list<Entry extends { enabled: boolean }, Part>(
  entries: Readonly<Record<string, Entry>>,
  part: (entry: Entry) => Part,
): ({ name: string; enabled: boolean } & Part)[] {
  return sortedEntries(entries).map(([name, entry]) => ({
    name,
    enabled: entry.enabled,
    ...part(entry),
  }));
}
