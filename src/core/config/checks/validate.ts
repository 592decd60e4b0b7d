import type * as z from "zod";
import { Leaf, type Tree, toPlain } from "../formats/tree.ts";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import { nearest } from "../names/nearest.ts";
import type { Diagnostic } from "../types.ts";
import type { Locator } from "./locator.ts";

export type Validation<Value> = {
  /** What the schema makes of the valid parts; undefined only if nothing is left of it. */
  value: Value | undefined;
  diagnostics: Diagnostic[];
};

/**
 * Checks the merged tree against the schema. Values in error are then left out, so that later checks
 * see everything that is right and all errors can be reported at once.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  locator: Locator,
): Validation<z.output<Schema>> {
  const plain = toPlain(locator.root);
  const diagnostics: Diagnostic[] = [];
  for (let round = 0; round < 4; round++) {
    const result = schema.safeParse(plain);
    if (result.success) return { value: result.data, diagnostics };
    for (const issue of result.error.issues) {
      const segments = issue.path.map((segment) =>
        typeof segment === "symbol" ? String(segment) : segment,
      );
      if (round === 0) diagnostics.push(describe(issue, segments, locator));
      prune(plain, segments);
    }
  }
  return { value: undefined, diagnostics };
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, segments: KeySegments, locator: Locator): Diagnostic {
  const keyPath = formatKeyPath(segments);
  const node = locator.nodeAt(segments);
  if (isMissing(node) && typeof segments.at(-1) === "string") return missing(segments, locator);
  if (issue.code === "invalid_value") return unknownValue(issue.values, segments, locator);
  const found = issue.code === "invalid_type" ? `, found ${describeNode(node)}` : "";
  const message = `\`${keyPath}\`: ${issue.message}${found}${advice(issue, node, keyPath)}`;
  return locator.error(issue.code === "invalid_type" ? "type" : "value", segments, message);
}

function isMissing(node: Tree | undefined): boolean {
  return node === undefined || (node instanceof Leaf && node.value === null);
}

function missing(segments: KeySegments, locator: Locator): Diagnostic {
  const { keyRange, range, path } = locator.locate(segments);
  const keyPath = formatKeyPath(segments);
  const message = `\`${keyPath}\` is missing`;
  return {
    ...{ severity: "error", code: "missing", message, path, range: keyRange ?? range, keyPath },
  };
}

function unknownValue(
  values: readonly unknown[],
  segments: KeySegments,
  locator: Locator,
): Diagnostic {
  const node = locator.nodeAt(segments);
  const valid = values.map(String);
  const written = node instanceof Leaf && typeof node.value === "string" ? node.value : undefined;
  const suggestion = written === undefined ? undefined : nearest(written, valid);
  const hint = suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
  const list = valid.map((value) => `\`${value}\``).join(", ");
  const text = `\`${formatKeyPath(segments)}\`: unknown value ${describeNode(node)}, expected one of ${list}${hint}`;
  const diagnostic = locator.error("value", segments, text);
  return suggestion === undefined ? diagnostic : { ...diagnostic, suggestion };
}

function describeNode(node: Tree | undefined): string {
  if (Array.isArray(node)) return "a list";
  if (!(node instanceof Leaf)) return "a table";
  const { value } = node;
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** `[[network.rules]]` was once the way to write rules; it makes a list where names are needed. */
function advice(issue: Issue, node: Tree | undefined, keyPath: string): string {
  if (issue.code !== "invalid_type" || !Array.isArray(node) || issue.expected !== "record") {
    return "";
  }
  return `; write \`[${keyPath}.<name>]\` instead of \`[[${keyPath}]]\``;
}

/** Removes the named key at or above `segments`; for a missing key, the entry that needs it. */
function prune(plain: unknown, segments: KeySegments): void {
  const names: string[] = [];
  for (const segment of segments) {
    if (typeof segment === "number") break;
    names.push(segment);
  }
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const parent = tableAt(plain, names);
    if (parent === undefined || !Object.hasOwn(parent, name)) continue;
    delete parent[name];
    return;
  }
}

function tableAt(plain: unknown, names: readonly string[]): Record<string, unknown> | undefined {
  let current = plain;
  for (const name of names) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<string, unknown>)[name];
  }
  return typeof current === "object" && current !== null
    ? (current as Record<string, unknown>)
    : undefined;
}
