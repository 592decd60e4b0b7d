import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { cacheDir } from "../../paths.ts";

/** What was found out about this host, kept from run to run for as long as it holds. */
export type Memory<Value> = {
  /** What was found out for this key; undefined when that is nothing, or nothing that can be read. */
  recall(key: string): Promise<Value | undefined>;
  /** Keeps the last value only. Failure to write costs finding it out again. */
  remember(key: string, value: Value): Promise<void>;
};

/** A memory of one value, in a file of the cache directory. */
export function memory<Value>(name: string, schema: z.ZodType<Value>): Memory<Value> {
  // The key's hash: keys are long.
  const fileSchema = z.object({ key: z.string(), value: schema });
  const pathOf = () => join(cacheDir(), `${name}.json`);
  return {
    recall: async (key) => {
      const text = await readFile(pathOf(), "utf8").catch(() => "");
      if (text === "") return undefined;
      try {
        const kept = fileSchema.parse(JSON.parse(text));
        return kept.key === hash(key) ? kept.value : undefined;
      } catch {
        // A damaged memory is replaced by what is found out next.
        return undefined;
      }
    },
    remember: async (key, value) => {
      const path = pathOf();
      const staging = `${path}.${process.pid}`;
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(staging, `${JSON.stringify({ key: hash(key), value })}\n`, { mode: 0o600 });
        await rename(staging, path);
      } catch {
        await rm(staging, { force: true }).catch(() => undefined);
      }
    },
  };
}

function hash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
