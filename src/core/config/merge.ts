import deepmerge from "deepmerge";
import { isNullLeaf, type Table } from "./formats/tree.ts";

type Rules = {
  /** Whether a value counts as null; null in an overlay never overwrites. */
  isNull: (value: unknown) => boolean;
};

/**
 * Puts `overlay` over `base`: tables merge key by key, lists are joined, null changes nothing, and
 * anything else replaces what was there.
 */
export function merge(base: unknown, overlay: unknown, rules: Rules = { isNull }): unknown {
  if (rules.isNull(overlay)) return base;
  if (!isContainer(overlay) || !isContainer(base)) return overlay;
  return deepmerge(base as object, overlay as object, {
    clone: false,
    arrayMerge: (left: unknown[], right: unknown[]) => [...left, ...right],
    // deepmerge asks customMerge only about values that count as mergeable, and null must be one to
    // be kept from overwriting.
    isMergeableObject: (value: unknown) => isContainer(value) || rules.isNull(value),
    customMerge: () => (left: unknown, right: unknown) => merge(left, right, rules),
  });
}

/** The same for documents whose values know their origin. */
export function mergeTables(base: Table, overlay: Table): Table {
  return merge(base, overlay, { isNull: isNullLeaf }) as Table;
}

function isNull(value: unknown): boolean {
  return value === null;
}

/** A table or a list; instances of classes are values. */
function isContainer(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
