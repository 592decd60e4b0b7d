import { parsePortMapping } from "../fields/ports.ts";
import { parseSocketMapping } from "../fields/sockets.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";
import { enabledEntries } from "./patterns.ts";
import { relatedEntry } from "./related.ts";

/** Something an entry takes for itself alone. */
type Claim = { segments: KeySegments; resource: string };

/** Two entries in force that want the same port or the same path. */
export function checkClashes(config: ParsedConfig, locator: Locator): Diagnostic[] {
  return [
    ...clashes(publishedPorts(config), locator),
    ...clashes(forwardedPorts(config), locator),
    ...guestPathClashes(config, locator),
    ...socketProblems(config, locator),
  ];
}

/** Caches may share a path, but what is mounted over one would hide it. */
function guestPathClashes(config: ParsedConfig, locator: Locator): Diagnostic[] {
  const mounted = [...mountTargets(config), ...guestSockets(config)];
  const owners = new Map<string, KeySegments>();
  const found = clashes(mounted, locator, owners);
  const caches = cachePaths(config).flatMap(({ segments, resource }) => {
    const owner = owners.get(resource);
    return owner === undefined ? [] : [clash(resource, [owner, segments], locator)];
  });
  return [...found, ...caches];
}

function clashes(
  claims: readonly Claim[],
  locator: Locator,
  owners = new Map<string, KeySegments>(),
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { segments, resource } of claims) {
    const owner = owners.get(resource);
    owners.set(resource, owner ?? segments);
    if (owner !== undefined) diagnostics.push(clash(resource, [owner, segments], locator));
  }
  return diagnostics;
}

/** The later file is the one to change: whoever wrote it knew, or could know, the earlier one. */
function clash(resource: string, pair: [KeySegments, KeySegments], locator: Locator): Diagnostic {
  const [first, second] = pair;
  const isSecondWeaker = locator.strength(second) < locator.strength(first);
  const [segments, owner] = isSecondWeaker ? [first, second] : [second, first];
  const { path, range } = locator.locate(owner);
  const place = `${path}:${range.start.line}:${range.start.column}`;
  const message = `\`${formatKeyPath(segments)}\`: ${resource} is taken by \`${formatKeyPath(owner)}\` already (${place})`;
  const related = [relatedEntry(owner, { path, range })];
  return { ...locator.error("clash", segments, message), related };
}

function publishedPorts(config: ParsedConfig): Claim[] {
  return portClaims(config, "guest", ({ host }) => `port ${host} of the host`);
}

function forwardedPorts(config: ParsedConfig): Claim[] {
  return portClaims(config, "host", ({ guest }) => `port ${guest} of the guest`);
}

function portClaims(
  config: ParsedConfig,
  list: "host" | "guest",
  resource: (mapping: { host: number; guest: number }) => string,
): Claim[] {
  return sortedEntries(config.network.ports)
    .filter(([, group]) => group.enabled)
    .flatMap(([name, group]) =>
      group[list].flatMap((value, index): Claim[] => {
        const mapping = parsePortMapping(value);
        const segments = ["network", "ports", name, list, index];
        return "error" in mapping ? [] : [{ segments, resource: resource(mapping) }];
      }),
    );
}

function guestSockets(config: ParsedConfig): Claim[] {
  return enabledSockets(config).map(([name, { guest }]) => ({
    segments: ["network", "sockets", name, "host"],
    resource: guestPath(guest),
  }));
}

function cachePaths(config: ParsedConfig): Claim[] {
  return enabledEntries(config.disk.cache).flatMap(([name, { paths }]) =>
    paths.map((path, index) => ({
      segments: ["disk", "cache", name, "paths", index],
      resource: guestPath(path),
    })),
  );
}

function guestPath(path: string): string {
  return `the guest's path ${normalize(path)}`;
}

function mountTargets(config: ParsedConfig): Claim[] {
  return sortedEntries(config.mounts)
    .filter(([, { enabled }]) => enabled)
    .map(([name, { target }]) => ({
      segments: ["mounts", name, "target"],
      resource: guestPath(target),
    }));
}

function socketProblems(config: ParsedConfig, locator: Locator): Diagnostic[] {
  return enabledSockets(config).flatMap(([name, mapping]) => {
    const segments = ["network", "sockets", name, "host"];
    const keyPath = formatKeyPath(segments);
    if (mapping.host === "") {
      return [locator.error("value", segments, `\`${keyPath}\`: the path on the host is empty`)];
    }
    if (/^[/~]/.test(mapping.guest)) return [];
    const message = `\`${keyPath}\`: the guest's path \`${mapping.guest}\` is not absolute; write \`<hostPath>:<guestPath>\``;
    return [{ ...locator.error("value", segments, message), severity: "warning" as const }];
  });
}

function enabledSockets(config: ParsedConfig): [string, { host: string; guest: string }][] {
  return sortedEntries(config.network.sockets)
    .filter(([, { enabled }]) => enabled)
    .map(([name, { host }]) => [name, parseSocketMapping(host)]);
}

/** Without what makes no difference: doubled and trailing slashes, and `.` segments. */
function normalize(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return (path.startsWith("/") ? "/" : "") + segments.join("/");
}
