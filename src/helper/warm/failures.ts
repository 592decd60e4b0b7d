import { rm } from "node:fs/promises";
import * as z from "zod";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
import { failuresFile } from "./paths.ts";

const failuresSchema = z.object({ count: z.number(), lastAtMs: z.number() });

/** Failures in a row after which a machine is not saved again for a while. */
const patience = 3;
const restMs = 24 * 60 * 60 * 1000;

/** Whether resuming this machine has failed so often that saving it is a waste. */
export async function isHopeless(key: string): Promise<boolean> {
  const failures = await readJsonFile(failuresFile(key), failuresSchema);
  if (failures === undefined) return false;
  return failures.count >= patience && Date.now() - failures.lastAtMs < restMs;
}

export async function countFailure(key: string): Promise<void> {
  const before = await readJsonFile(failuresFile(key), failuresSchema);
  const failures = { count: (before?.count ?? 0) + 1, lastAtMs: Date.now() };
  await writeJsonFile(failuresFile(key), failures).catch(() => undefined);
}

export async function forgetFailures(key: string): Promise<void> {
  await rm(failuresFile(key), { force: true }).catch(() => undefined);
}
