import { Leaf } from "../formats/tree.ts";
import { rangeWithin } from "../formats/within.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import { parseTemplate, type TemplateError } from "../substitute.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";

/** Variables with impossible names, and values that are no templates; each at the part that is wrong. */
export function checkTemplates(config: ParsedConfig, locator: Locator): Diagnostic[] {
  return environments(config).flatMap(([parents, map]) =>
    sortedEntries(map).flatMap(([name, value]): Diagnostic[] => {
      const segments = [...parents, name];
      const keyPath = formatKeyPath(segments);
      if (/^$|[=\0]/.test(name)) {
        const message = `\`${keyPath}\`: the name of a variable cannot be empty or contain \`=\``;
        return [locator.error("value", segments, message)];
      }
      const template = parseTemplate(value);
      return "error" in template ? [templateProblem(segments, template, locator)] : [];
    }),
  );
}

function environments(config: ParsedConfig): [KeySegments, Record<string, string>][] {
  const maps: [KeySegments, Record<string, { enabled: boolean; env: Record<string, string> }>][] = [
    [["daemons"], config.daemons],
    [["network", "middleware"], config.network.middleware],
  ];
  return [
    [["env"], config.env],
    ...maps.flatMap(([parents, map]) =>
      sortedEntries(map)
        .filter(([, { enabled }]) => enabled)
        .map(([name, { env }]): [KeySegments, Record<string, string>] => [
          [...parents, name, "env"],
          env,
        ]),
    ),
  ];
}

function templateProblem(
  segments: KeySegments,
  { error, offset, end }: TemplateError,
  locator: Locator,
): Diagnostic {
  const found = locator.error("value", segments, `\`${formatKeyPath(segments)}\`: ${error}`);
  const node = locator.nodeAt(segments);
  // A preset's value does not stand in the file that is told.
  if (!(node instanceof Leaf) || node.origin.path !== found.path) return found;
  return { ...found, range: rangeWithin(node, { start: offset, end }) ?? found.range };
}
