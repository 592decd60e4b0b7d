import { formatBytes } from "#shared/bytes.ts";
import type { PlainOrigin } from "./provenance.ts";

/** How a path is shown; the files themselves are always known by absolute paths. */
export type ShowPath = (path: string) => string;

/** Where a value comes from, as in `airlock.toml:4:10 (project)`. */
export function originText(origin: PlainOrigin, showPath: ShowPath): string {
  const { scope, preset, path, range, askedBy } = origin;
  if (path === undefined || range === undefined) return "(default)";
  const { line, column } = range.start;
  if (preset === undefined) return `${showPath(path)}:${line}:${column} (${scope})`;
  const asked =
    askedBy === undefined
      ? ""
      : `, asked for by ${showPath(askedBy.path)}:${askedBy.range.start.line}:${askedBy.range.start.column}`;
  return `${path}:${line}:${column} (preset${asked})`;
}

/** A value in one short line. */
export function shortValue(value: unknown): string {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The size in words, for the keys that are sizes. */
export function sizeText(keyPath: string, value: unknown): string | undefined {
  const isSize = keyPath === "vm.memory" || keyPath === "disk.size";
  return isSize && typeof value === "number" ? formatBytes(value) : undefined;
}
