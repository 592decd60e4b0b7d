import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
import { cacheDir } from "#helper/paths.ts";

const dayMs = 24 * 60 * 60 * 1000;

const newsSchema = z.object({
  format: z.literal(1),
  /** Digest that the news was about. */
  digest: z.string(),
  toldAt: z.iso.datetime(),
});

/**
 * Tells what a name stands for now: at once when that has changed, and again after a day. `tell` says
 * whether it could.
 */
export async function tellNews(name: string, digest: string, tell: () => boolean): Promise<void> {
  const path = newsPath(name);
  const told = await readJsonFile(path, newsSchema);
  const ageMs = told === undefined ? dayMs : Date.now() - Date.parse(told.toldAt);
  if (told?.digest === digest && ageMs >= 0 && ageMs < dayMs) return;
  if (!tell()) return;
  await writeJsonFile(path, { format: 1, digest, toldAt: new Date().toISOString() });
}

function newsPath(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex");
  return join(cacheDir(), "news", `${hash.slice(0, 32)}.json`);
}
