import { isAbsolute, join, relative } from "node:path";
import type { Project } from "./project.ts";
import { readRunFile } from "./runFile.ts";

/**
 * Where the running or last sandbox had the project: its own host path unless told otherwise. Looked up by
 * hand, because `airlock exec` must not wait for the schema of the whole record to be loaded.
 */
export function guestPathOf(project: Project): string {
  try {
    const record = readRunFile(project) as { status?: { guestPath?: unknown } } | null;
    const path = record?.status?.guestPath;
    return typeof path === "string" ? path : project.dir;
  } catch {
    // Unreadable counts as empty: the record can be made again by the next start.
    return project.dir;
  }
}

/** The guest's name of a host directory in the project; other directories keep their spelling. */
export function guestDirectory(projectDir: string, guestPath: string, hostDir: string): string {
  const inside = relative(projectDir, hostDir);
  if (inside === "") return guestPath;
  if (inside === ".." || inside.startsWith("../") || isAbsolute(inside)) return hostDir;
  return join(guestPath, inside);
}
