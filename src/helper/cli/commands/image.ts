import { Command } from "commander";
import { type ListedImage, listImages } from "#helper/image/store.ts";
import { printResult } from "../output.ts";

/** `airlock image`: the images on this machine. */
export function imageCommand(): Command {
  const command = new Command("image").description("Manage the images stored on this computer.");
  command
    .command("ls")
    .alias("list")
    .description("List the stored images, the last used first.")
    .option("--json", "print JSON")
    .option("-q, --quiet", "print no status lines")
    .action(async ({ json }: { json?: boolean }) => {
      const images = await listImages();
      await printResult(json ? `${JSON.stringify(images, undefined, 2)}\n` : formatImages(images));
    });
  return command;
}

/** An aligned table. */
export function formatImages(images: readonly ListedImage[], now = Date.now()): string {
  if (images.length === 0) return "no images are stored\n";
  const rows = images.map((image) => [
    image.name,
    image.digest.slice(0, "sha256:".length + 12),
    image.source,
    formatBytes(image.sizeBytes),
    formatAge(now - image.lastUsedAt.getTime()),
  ]);
  const table = [["NAME", "DIGEST", "SOURCE", "SIZE", "LAST USED"], ...rows];
  const widths = table[0]?.map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table
    .map((row) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function formatAge(ms: number): string {
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
