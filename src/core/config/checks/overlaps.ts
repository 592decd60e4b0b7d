import { isLoopback, type Target } from "../fields/targets.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import type { ParsedConfig } from "../schema.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";
import { enabledEntries, type Pattern, patterns } from "./patterns.ts";
import { relatedEntry } from "./related.ts";

/**
 * Targets whose TLS is left alone by one entry and has to be looked into by another. The policy makes no
 * difference: it can change while the sandbox runs.
 */
export function checkOverlaps({ network }: ParsedConfig, locator: Locator): Diagnostic[] {
  const passed = enabledEntries(network.rules)
    .filter(([, { passthrough }]) => passthrough)
    .flatMap(([name, { allow }]) => patterns(["rules", name, "allow"], allow));
  const scripted = enabledEntries(network.middleware).flatMap(([name, { target }]) =>
    patterns(["middleware", name, "target"], target),
  );
  return passed.flatMap((pattern) => {
    const others = scripted.filter((other) => overlap(pattern, other));
    return others.length === 0 ? [] : [conflict(pattern, others, locator)];
  });
}

function conflict(pattern: Pattern, others: readonly Pattern[], locator: Locator): Diagnostic {
  const { segments, text } = pattern;
  const targets = others.map((other) => {
    const { path, range } = locator.locate(other.segments);
    const place = `${path}:${range.start.line}:${range.start.column}`;
    return `\`${formatKeyPath(other.segments)}\` (\`${other.text}\`, ${place})`;
  });
  const message = `\`${formatKeyPath(segments)}\`: \`${text}\` is passed through unseen, but middleware wants to see its requests: ${targets.join(", ")}`;
  const related = others.map((other) =>
    relatedEntry(other.segments, locator.locate(other.segments)),
  );
  return { ...locator.error("clash", segments, message), related };
}

/** Whether some host and port match both. */
export function overlap(a: Target, b: Target): boolean {
  const portsMeet = a.port === undefined || b.port === undefined || a.port === b.port;
  return portsMeet && hostsMeet(a.host, b.host);
}

function hostsMeet(a: string, b: string): boolean {
  if (a === "*" || b === "*" || a === b) return true;
  if (isLoopback(a) && isLoopback(b)) return true;
  const [x, y] = [patternOf(a), patternOf(b)];
  // One label before each: the rest has to be the same.
  if (x.below === "one" && y.below === "one") return x.name === y.name;
  if (x.below === "any" && y.below === "any") {
    return isWithin(x.name, y.name) || isWithin(y.name, x.name);
  }
  return meets(x, y) || meets(y, x);
}

type HostPattern = { name: string; below: "none" | "one" | "any" };

function patternOf(host: string): HostPattern {
  const stars = /^\*+\./.exec(host)?.[0].length ?? 0;
  const below = (["none", "none", "one", "any"] as const)[stars] ?? "none";
  return { name: host.slice(stars), below };
}

/** Whether a wider pattern matches a name, or one of the names of a narrower one. */
function meets(wide: HostPattern, narrow: HostPattern): boolean {
  const { name, below } = narrow;
  if (wide.below === "one") return below === "none" && parentOf(name) === wide.name;
  if (wide.below === "none") return false;
  return isWithin(name, wide.name) || (below === "one" && parentOf(wide.name) === name);
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
