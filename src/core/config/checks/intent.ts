import { isTable, Leaf, type Table } from "../formats/tree.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import { nearest } from "../names/nearest.ts";
import type { Provenance } from "../provenance/provenance.ts";
import type { ParsedConfig } from "../schema.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";
import { relatedTo } from "./related.ts";

/** What is allowed, and yet hardly what its author had in mind. */
export function checkIntent(
  config: ParsedConfig,
  locator: Locator,
  provenance: Provenance,
): Diagnostic[] {
  return [...grownCommands(config, locator, provenance), ...emptySwitches(locator)];
}

/** Lists of several files are joined; for a command line that is no way to change it. */
function grownCommands(
  config: ParsedConfig,
  locator: Locator,
  provenance: Provenance,
): Diagnostic[] {
  return Object.keys(config.daemons).flatMap((name): Diagnostic[] => {
    const segments = ["daemons", name, "command"];
    const [first, ...more] = provenance
      .settings(segments)
      .filter(({ value }) => Array.isArray(value));
    const last = more.at(-1);
    if (first === undefined || last === undefined) return [];
    const keyPath = formatKeyPath(segments);
    const message = `\`${keyPath}\` is added to the arguments that ${first.origin.path} sets; to replace the command, switch that daemon off and make another one`;
    const { path, range } = locator.place(last.origin);
    const related = [first, ...more.slice(0, -1)].map((each) => relatedTo(each, provenance));
    return [{ severity: "warning", code: "list-grows", message, path, range, keyPath, related }];
  });
}

/** `enabled = false` alone, for an entry that nothing defines: most likely its name is misspelt. */
function emptySwitches(locator: Locator): Diagnostic[] {
  return switchable.flatMap((parents) => {
    const entries = locator.nodeAt(parents);
    if (!isTable(entries)) return [];
    const names = Object.keys(entries).filter((name) => isDefined(entries[name]));
    return Object.keys(entries)
      .filter((name) => isOnlySwitchedOff(entries[name]))
      .map((name) => emptySwitch(locator, [...parents, name], names));
  });
}

const switchable = [
  ["network", "rules"],
  ["network", "middleware"],
  ["network", "ports"],
  ["network", "sockets"],
  ["mounts"],
  ["disk", "cache"],
  ["daemons"],
  ["mask"],
];

function isDefined(entry: Table[string] | undefined): boolean {
  return isTable(entry) && Object.keys(entry).some((key) => key !== "enabled");
}

function isOnlySwitchedOff(entry: Table[string] | undefined): boolean {
  if (!isTable(entry) || isDefined(entry)) return false;
  const { enabled } = entry;
  return enabled instanceof Leaf && (enabled.value === false || enabled.value === "false");
}

function emptySwitch(
  locator: Locator,
  segments: readonly string[],
  names: readonly string[],
): Diagnostic {
  const keyPath = formatKeyPath(segments);
  const suggestion = nearest(segments.at(-1) ?? "", names);
  const hint = suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
  const message = `\`${keyPath}\` switches off an entry that nothing defines${hint}`;
  const { path, keyRange, range } = locator.locate(segments);
  const at = { path, range: keyRange ?? range, keyPath };
  const found: Diagnostic = { severity: "warning", code: "disables-nothing", message, ...at };
  return suggestion === undefined ? found : { ...found, suggestion };
}
