import { parse } from "smol-toml";
import type { ModelNode } from "../../language/model/model.ts";
import { scanToml } from "../../language/model/tomlTables.ts";
import type { KeySegments } from "../names/keyPath.ts";
import { maxDepth } from "./tree.ts";

type Plain = { [key: string]: unknown };

/** The values of a text with syntax errors: all that is right by itself, at the keys it stands at. */
export function readTolerantly(text: string): object {
  const root: Plain = {};
  for (const node of scanToml(text).nodes) {
    const { segments } = node;
    if (!isUsable(segments)) continue;
    const value = writtenValue(text, node);
    if (value !== undefined) put(root, segments, value);
  }
  return root;
}

/** A name that is still empty belongs to a header that is just being typed. */
function isUsable(segments: KeySegments): boolean {
  return (
    segments.length < maxDepth &&
    segments.every((segment) => segment !== "" && !(segment in Object.prototype))
  );
}

/** Undefined for what is no value. */
function writtenValue(text: string, { kind, span }: ModelNode): unknown {
  if (kind === "table") return {};
  if (kind === "list") return [];
  try {
    return parse(`value = ${text.slice(span.start, span.end)}`, { integersAsBigInt: "asNeeded" })
      .value;
  } catch {
    // It is what the errors are about, and they are told.
    return undefined;
  }
}

function put(root: Plain, segments: KeySegments, value: unknown): void {
  const above = segments.slice(0, -1);
  const parent = above.reduce<unknown>(
    (table, segment, at) =>
      childOf(table, segment, { isList: typeof segments[at + 1] === "number" }),
    root,
  );
  const last = segments.at(-1);
  if (Array.isArray(parent)) {
    // Elements behind one that is no value would be counted wrong.
    if (last === parent.length) parent.push(value);
  } else if (isPlain(parent) && typeof last === "string") {
    // A table that is opened twice keeps what it has.
    if (!isPlain(value) || !isPlain(parent[last])) parent[last] = value;
  }
}

/** The table or list at a key; it is made when only its elements are written, as by `[[list]]`. */
function childOf(
  parent: unknown,
  segment: string | number,
  { isList }: { isList: boolean },
): unknown {
  if (Array.isArray(parent)) {
    if (segment === parent.length) parent.push({});
    return typeof segment === "number" ? parent[segment] : undefined;
  }
  if (!isPlain(parent) || typeof segment !== "string") return undefined;
  parent[segment] ??= isList ? [] : {};
  return parent[segment];
}

function isPlain(value: unknown): value is Plain {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}
