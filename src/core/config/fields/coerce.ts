/** Texts `true` and `false` stand for the values. */
export function toBoolean(value: unknown): unknown {
  if (value === "true") return true;
  return value === "false" ? false : value;
}

/** A text that is a whole number stands for it. */
export function toInteger(value: unknown): unknown {
  return typeof value === "string" && /^[+-]?\d{1,16}$/.test(value) ? Number(value) : value;
}

/** Numbers and booleans stand for their text. */
export function toText(value: unknown): unknown {
  return ["number", "bigint", "boolean"].includes(typeof value) ? String(value) : value;
}

/** A reference alone is the table with that name. */
export function toImageTable(value: unknown): unknown {
  return typeof value === "string" ? { name: value } : value;
}
