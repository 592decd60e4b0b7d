import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import type { Project } from "./project.ts";

/** Where the running or last sandbox had the project: its own host path unless told otherwise. */
export async function guestPathOf(project: Project): Promise<string> {
  try {
    const record: unknown = JSON.parse(await readFile(project.runFile, "utf8"));
    const path = (record as { status?: { guestPath?: unknown } } | null)?.status?.guestPath;
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
