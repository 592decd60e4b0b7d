import { parseTarget } from "../fields/targets.ts";
import { Leaf } from "../formats/tree.ts";
import type { KeySegments } from "../names/keyPath.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";
import { enabledEntries } from "./patterns.ts";

/** One wrong value: where it stands, and what is wrong. */
type Problem = [segments: KeySegments, message: string, suggestion?: string];

/** What is wrong with single entries. Switched-off entries may be unfinished, but not misnamed. */
export function checkEntries(config: ParsedConfig, locator: Locator): Diagnostic[] {
  return [
    ...imageProblems(config),
    ...nameProblems(config),
    ...maskProblems(config),
    ...commandProblems(config),
    ...targetProblems(config),
    ...modeProblems(config, locator),
  ].map(([segments, message, suggestion]) => {
    const text = `\`${formatKeyPath(segments)}\`: ${message}`;
    const found = locator.error("value", segments, text);
    return suggestion === undefined ? found : { ...found, suggestion };
  });
}

function imageProblems({ vm }: ParsedConfig): Problem[] {
  if (!/[\s\0]/.test(vm.image.name)) return [];
  return [[["vm", "image", "name"], "an image reference cannot contain spaces"]];
}

/** Names of these entries become names of files. */
function nameProblems(config: ParsedConfig): Problem[] {
  const maps: [string[], Record<string, unknown>][] = [
    [["mounts"], config.mounts],
    [["disk", "cache"], config.disk.cache],
    [["daemons"], config.daemons],
    [["mask"], config.mask],
  ];
  return maps.flatMap(([parents, map]) =>
    sortedEntries(map)
      .filter(([name]) => !isFileName(name))
      .map(
        ([name]): Problem => [
          [...parents, name],
          `${JSON.stringify(name)} cannot be used as a name: names cannot be empty, \`.\` or \`..\`, contain slashes or control characters, or be longer than 200 characters`,
        ],
      ),
  );
}

function isFileName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return !/^\.{0,2}$|[/\\\u0000-\u001f\u007f]/.test(name) && name.length <= 200;
}

function maskProblems(config: ParsedConfig): Problem[] {
  return enabledEntries(config.mask).flatMap(([name, { paths }]) =>
    paths.flatMap((path, index): Problem[] => {
      const problem = maskPathProblem(path);
      return problem === undefined ? [] : [[["mask", name, "paths", index], problem]];
    }),
  );
}

function maskPathProblem(path: string): string | undefined {
  if (path === "") return "the path of a mask cannot be empty";
  if (path.startsWith("/"))
    return "the path of a mask is relative to the project: it cannot begin with `/`";
  if (path.startsWith("~"))
    return "the path of a mask is relative to the project: it cannot begin with `~`";
  if (path.split("/").includes("..")) return "the path of a mask cannot contain `..`";
  return path.includes("\0") ? "a path cannot contain a NUL character" : undefined;
}

function commandProblems(config: ParsedConfig): Problem[] {
  return sortedEntries(config.daemons).flatMap(([name, { command }]): Problem[] => {
    if (command.length === 0) return [[["daemons", name, "command"], "the command is empty"]];
    if (command[0] === "")
      return [[["daemons", name, "command", 0], "the program's name is empty"]];
    return [];
  });
}

function targetProblems({ network }: ParsedConfig): Problem[] {
  const lists: [KeySegments, readonly string[]][] = [
    ...enabledEntries(network.rules).flatMap(
      ([name, { allow, deny }]): [KeySegments, string[]][] => [
        [["network", "rules", name, "allow"], allow],
        [["network", "rules", name, "deny"], deny],
      ],
    ),
    ...enabledEntries(network.middleware).map(([name, { target }]): [KeySegments, string[]] => [
      ["network", "middleware", name, "target"],
      target,
    ]),
  ];
  return lists.flatMap(([segments, targets]) =>
    targets.flatMap((text, index): Problem[] => {
      const target = parseTarget(text);
      return "error" in target ? [[[...segments, index], target.error]] : [];
    }),
  );
}

/** A number in octal notation means other digits than it shows: 0o644 is the number 420. */
function modeProblems(config: ParsedConfig, locator: Locator): Problem[] {
  return sortedEntries(config.mounts).flatMap(([name]): Problem[] => {
    const segments = ["mounts", name, "create_mode"];
    const node = locator.nodeAt(segments);
    if (!(node instanceof Leaf) || typeof node.value !== "number") return [];
    const source = node.source();
    if (!/^0[obx]/i.test(source)) return [];
    const digits = source.slice(2);
    return [[segments, `write the octal digits as text: "${digits}"`, digits]];
  });
}
