import { isIpAddress, isLoopback } from "../fields/targets.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import type { ParsedConfig } from "../schema.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";
import { enabledEntries, type Pattern, patterns } from "./patterns.ts";
import { relatedEntry } from "./related.ts";

/** Patterns that can never match, and those that two lists contradict each other about. */
export function checkTargets(config: ParsedConfig, locator: Locator): Diagnostic[] {
  const { policy } = config.network;
  const rules = enabledEntries(config.network.rules);
  const allowed = rules.flatMap(([name, { allow }]) => patterns(["rules", name, "allow"], allow));
  const denied = rules.flatMap(([name, { deny }]) => patterns(["rules", name, "deny"], deny));
  const scripted = enabledEntries(config.network.middleware).flatMap(([name, { target }]) =>
    patterns(["middleware", name, "target"], target),
  );
  const hopeless = [...allowed, ...denied, ...scripted].flatMap((pattern) =>
    neverMatches(pattern, locator),
  );
  // These policies do not look at the rules, so nothing in them can be in the way.
  if (policy.endsWith("-always")) return hopeless;
  const index = new DenyIndex(denied);
  return [
    ...hopeless,
    ...[...allowed, ...scripted].flatMap((pattern) => alwaysDenied(pattern, index, locator)),
  ];
}

function neverMatches(pattern: Pattern, locator: Locator): Diagnostic[] {
  const { host } = pattern;
  const name = host.replace(/^\*\*?\./, "");
  if (name !== host && isIpAddress(name)) {
    return [
      warning({ code: "never-matches", why: "no name ends with an IP address" }, pattern, locator),
    ];
  }
  if (!isLoopback(name)) return [];
  const advice = `\`${host}\` is the sandbox itself, which needs no rule; a port of this computer is reached through \`network.ports.<name>.host\``;
  return [warning({ code: "never-matches", why: advice }, pattern, locator)];
}

function alwaysDenied(pattern: Pattern, index: DenyIndex, locator: Locator): Diagnostic[] {
  const deny = index.covering(pattern);
  // Who denies in a later file what an earlier one or a preset allows knows what they do.
  if (deny === undefined || locator.isOfPreset(pattern.segments)) return [];
  if (locator.strength(deny.segments) > locator.strength(pattern.segments)) return [];
  const isSame = deny.host === pattern.host && deny.port === pattern.port;
  const by = `\`${formatKeyPath(deny.segments)}\``;
  const what = isSame
    ? `${by} denies the same, and denying wins`
    : `${by} denies \`${deny.text}\`, and denying wins`;
  const code = isSame ? "contradiction" : "never-matches";
  const related = [relatedEntry(deny.segments, locator.locate(deny.segments))];
  return [{ ...warning({ code, why: what }, pattern, locator), related }];
}

function warning(
  { code, why }: { code: string; why: string },
  { segments, text }: Pattern,
  locator: Locator,
): Diagnostic {
  const message = `\`${formatKeyPath(segments)}\`: \`${text}\` never has an effect: ${why}`;
  return { ...locator.error(code, segments, message), severity: "warning" };
}

/** Finds what denies a pattern without comparing it with every other one. */
class DenyIndex {
  private readonly byHost = new Map<string, Pattern[]>();

  constructor(denied: readonly Pattern[]) {
    for (const pattern of denied) {
      this.byHost.set(pattern.host, [...(this.byHost.get(pattern.host) ?? []), pattern]);
    }
  }

  covering({ host, port }: Pattern): Pattern | undefined {
    return coveringHosts(host)
      .flatMap((each) => this.byHost.get(each) ?? [])
      .find((deny) => deny.port === undefined || deny.port === port);
  }
}

/** All patterns that match everything that `host` matches. */
function coveringHosts(host: string): string[] {
  const name = host.replace(/^\*\*?\./, "");
  const parents: string[] = [];
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    parents.push(name.slice(dot + 1));
  }
  const below = parents.map((parent) => `**.${parent}`);
  const own = host === "*" ? [] : host.startsWith("**.") ? [] : [`**.${name}`];
  const sibling = host === name && parents[0] !== undefined ? [`*.${parents[0]}`] : [];
  return [host, ...sibling, ...own, ...below, "*"];
}
