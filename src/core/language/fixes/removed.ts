import type { KeySegments } from "#core/config/names/keyPath.ts";

/** What a key of a former version becomes: another key, with its value as written there. */
export type Replacement = { to: KeySegments; raw: string };

/** Follows the same keys as the diagnostic; those that need thought have no replacement. */
export function replacementOf(segments: KeySegments, raw: string): Replacement | undefined {
  switch (segments.map((segment, index) => (index === 2 ? "*" : segment)).join(".")) {
    case "nested_virtualization":
    case "vm.nested_virtualization":
      return { to: ["vm", "kvm"], raw };
    case "network.default_mode":
      return { to: ["network", "policy"], raw: raw.replace(/allow|deny/, "$&-by-default") };
    case "network.allowed_hosts":
    case "network.allowed_hosts_tls":
      return { to: ["network", "rules", "allowed-hosts", "allow"], raw };
    case "network.host_ports":
      return { to: ["network", "ports", "host-ports", "host"], raw };
    case "disk.cache.*.path":
      return { to: [...segments.slice(0, -1), "paths"], raw: `[${raw}]` };
    default:
      return undefined;
  }
}
