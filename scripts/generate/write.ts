import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a generated file if it differs; returns its path if it did. With `check` nothing is written. */
export function writeGenerated(path: string, text: string, check: boolean): string[] {
  if (readIfPresent(path) === text) return [];
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return [path];
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A file that does not exist yet differs from any text.
    return undefined;
  }
}
