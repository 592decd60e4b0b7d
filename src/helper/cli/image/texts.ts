import type { ImageUse } from "#helper/image/remove.ts";
import { formatBytes } from "#shared/bytes.ts";
import { printResult } from "../output.ts";

export function printJson(value: unknown): Promise<void> {
  return printResult(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** An aligned table. */
export function formatImages(images: readonly ImageUse[], now = Date.now()): string {
  if (images.length === 0) return "no images are stored\n";
  const rows = images.map((image) => [
    image.name,
    image.digest.slice(0, "sha256:".length + 12),
    image.source,
    formatBytes(image.sizeBytes),
    formatAge(now - image.lastUsedAt.getTime()),
    usersText(image.usedBy),
  ]);
  const table = [["NAME", "DIGEST", "SOURCE", "SIZE", "LAST USED", "USED BY"], ...rows];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table
    .map((row) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function usersText(paths: readonly string[]): string {
  const [first, ...others] = paths;
  if (first === undefined) return "";
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

export function formatAge(ms: number): string {
  const steps = [
    { unit: "day", ms: 86_400_000 },
    { unit: "hour", ms: 3_600_000 },
    { unit: "minute", ms: 60_000 },
  ];
  const step = steps.find((candidate) => ms >= candidate.ms);
  if (step === undefined) return "just now";
  const count = Math.floor(ms / step.ms);
  return `${count} ${step.unit}${count === 1 ? "" : "s"} ago`;
}
