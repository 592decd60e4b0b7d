import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type * as z from "zod";
import { ifMissing } from "./missing.ts";
import { ownerTag } from "./owner.ts";

/**
 * A record in a file; one that is missing or damaged counts as none, and so does one that cannot be
 * read, unless `unreadable` says otherwise.
 */
export async function readJsonFile<T>(
  path: string,
  schema: z.ZodType<T>,
  unreadable: (error: unknown) => undefined = () => undefined,
): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(ifMissing(undefined)).catch(unreadable);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${ownerTag()}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
