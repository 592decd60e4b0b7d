import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { cacheDir } from "../../paths.ts";
import { runProgram } from "../process.ts";

const memorySchema = z.object({
  /** Hash of what the choice was made for. */
  key: z.string(),
  accelerator: z.enum(["kvm", "hvf", "tcg"]),
  reason: z.string(),
});

export type RememberedChoice = { accelerator: "kvm" | "hvf" | "tcg"; reason: string };

/** The choice that was made for this key; undefined when there is none, or none that can be read. */
export async function recall(key: string): Promise<RememberedChoice | undefined> {
  const text = await readFile(memoryPath(), "utf8").catch(() => "");
  if (text === "") return undefined;
  try {
    const memory = memorySchema.parse(JSON.parse(text));
    if (memory.key !== hash(key)) return undefined;
    return { accelerator: memory.accelerator, reason: memory.reason };
  } catch {
    // A damaged memory costs one probe, which then replaces it.
    return undefined;
  }
}

/** Keeps one choice. Failure to write only costs a probe next time. */
export async function remember(key: string, choice: RememberedChoice): Promise<void> {
  const path = memoryPath();
  const memory = { key: hash(key), accelerator: choice.accelerator, reason: choice.reason };
  const staging = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(staging, `${JSON.stringify(memory)}\n`);
    await rename(staging, path);
  } catch {
    return;
  }
}

/** Names the host's current boot; empty where there is no such name, which only ages worse. */
export async function bootId(): Promise<string> {
  if (process.platform === "linux") {
    return await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  }
  const call = { command: "sysctl", args: ["-n", "kern.bootsessionuuid"] };
  return (await runProgram(call, { timeoutMs: 2000 })).stdout.trim();
}

function memoryPath(): string {
  return join(cacheDir(), "accelerator.json");
}

function hash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
