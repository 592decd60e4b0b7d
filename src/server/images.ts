import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { formatSize } from "#core/config/sizes.ts";
import type { KnownImage } from "#core/language/context.ts";

/** More records than anybody keeps are not read while somebody waits for a list. */
const maxRecords = 200;
const record = z.object({ name: z.string(), sizeBytes: z.number() });

/** The images that this machine has stored already. */
export async function storedImages(): Promise<KnownImage[]> {
  const directory = join(homedir(), ".cache", "airlock", "images");
  const names = await readdir(directory).catch(() => []);
  const records = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).slice(0, maxRecords);
  const images = await Promise.all(records.map((name) => readImage(join(directory, name))));
  return images.filter((image) => image !== undefined);
}

async function readImage(path: string): Promise<KnownImage | undefined> {
  try {
    const { name, sizeBytes } = record.parse(JSON.parse(await readFile(path, "utf8")));
    return { name, detail: `stored, ${formatSize(Math.ceil(sizeBytes / 2 ** 20) * 2 ** 20)}` };
  } catch {
    // A record that another version writes, or that was just removed, is no image to propose.
    return undefined;
  }
}
