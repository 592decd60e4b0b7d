import type { KeySegments } from "../names/keyPath.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import { sortedEntries } from "../names/order.ts";
import type { ParsedConfig } from "../schema.ts";
import { parseTemplate, type TemplatePart } from "../substitute.ts";
import type { Diagnostic, HostFacts } from "../types.ts";
import type { Locator } from "./locator.ts";
import { enabledEntries } from "./patterns.ts";

/**
 * Variables that the host does not have. An editor may have been started without what a terminal has, so
 * they are warnings here; a start takes them as the errors that they are for it.
 */
export function checkVariables(
  { env, daemons }: ParsedConfig,
  { hasVariable }: HostFacts,
  locator: Locator,
): Diagnostic[] {
  if (hasVariable === undefined) return [];
  const tables: [KeySegments, Record<string, string>][] = [
    [["env"], env],
    ...enabledEntries(daemons).map(([name, daemon]): [KeySegments, Record<string, string>] => [
      ["daemons", name, "env"],
      daemon.env,
    ]),
  ];
  return tables.flatMap(([parents, table]) =>
    sortedEntries(table).flatMap(([key, template]) => {
      const segments = [...parents, key];
      return missingVariables(template, hasVariable).map((name): Diagnostic => {
        const message = `\`${formatKeyPath(segments)}\`: no such variable on this computer: ${name}; set it, or give it a default as in \`\${${name}:x}\``;
        return { ...locator.error("undefined-variable", segments, message), severity: "warning" };
      });
    }),
  );
}

/** A diagnostic as a start sees it, and whoever wants to know beforehand whether one will succeed. */
export function forStart(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.code === "undefined-variable"
    ? { ...diagnostic, severity: "error" }
    : diagnostic;
}

function missingVariables(template: string, hasVariable: (name: string) => boolean): string[] {
  const missing = (parts: readonly TemplatePart[]): string[] =>
    parts.flatMap((part) => {
      if (part.kind === "text" || hasVariable(part.name)) return [];
      return part.fallback === undefined ? [part.name] : missing(part.fallback);
    });
  const parts = parseTemplate(template);
  return "error" in parts ? [] : [...new Set(missing(parts))];
}
