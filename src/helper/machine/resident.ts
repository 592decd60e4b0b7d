import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "./program.ts";

/**
 * Memory that a process takes of the host now, with a guest's memory; 0 without one. The guest's memory is
 * counted by its file: a resumed machine has mapped little of what was copied for it.
 */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform !== "linux") {
    const call = { command: "ps", args: ["-o", "rss=", "-p", String(pid)] };
    return Number((await runProgram(call, { timeoutMs: 2000 })).stdout.trim()) * 1024;
  }
  const [status, heldBytes] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8").catch(() => ""),
    guestMemoryBytes(pid),
  ]);
  const part = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  return part("RssAnon") + part("RssFile") + Math.max(part("RssShmem"), heldBytes);
}

/** The file with the guest's memory, in a file system of its own or, without a name, in the shared one. */
const guestMemory = /\/(?:memory\/ram|[0-9a-f]+\.memory \(deleted\)|memfd:[^/]* \(deleted\))$/;

/** What the host holds of a guest's memory; 0 where it is no file that we can see. */
async function guestMemoryBytes(pid: number): Promise<number> {
  const directory = `/proc/${pid}/fd`;
  const names = await readdir(directory).catch(() => []);
  const sizes = names.map(async (name) => {
    const path = join(directory, name);
    // What is closed meanwhile is not the memory.
    const target = await readlink(path).catch(() => "");
    if (!guestMemory.test(target)) return 0;
    // st_blocks counts units of 512 bytes on every system.
    return ((await stat(path).catch(() => undefined))?.blocks ?? 0) * 512;
  });
  // It may be open more than once.
  return Math.max(0, ...(await Promise.all(sizes)));
}
