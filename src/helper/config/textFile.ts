import { readFileSync } from "node:fs";
import { type Diagnostic, startOfFile } from "#core/config/types.ts";

/** The first of some files that exists: its text, or why it cannot be read. */
export type FoundFile = { path: string; text: string } | { path: string; problem: string };

/**
 * Reads the first file that exists; one that exists but cannot be read is found, too. Synchronous: a turn
 * through Node's threads takes longer than a look at a small file.
 */
export function readFirst(paths: readonly string[]): FoundFile | undefined {
  for (const path of paths) {
    const found = readText(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readText(path: string): FoundFile | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { path, problem: reasonOf(code) };
  }
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { path, problem: "it is not UTF-8 text" };
  }
}

/** What an error of the system means for a person. */
export function reasonOf(code: string | undefined): string {
  return reasons[code ?? ""] ?? String(code);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "it is a directory",
  ELOOP: "its symbolic links go in a circle",
};

/** An unreadable file is an error, never silence: the user believes that it counts. */
export function unreadable(path: string, problem: string): Diagnostic {
  const message = `the file cannot be read: ${problem}`;
  return {
    ...{ severity: "error", code: "unreadable", message, path, range: startOfFile, keyPath: "" },
  };
}
