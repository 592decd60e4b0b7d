import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
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
      const kept = await readJsonFile(pathOf(), fileSchema);
      return kept?.key === hash(key) ? kept.value : undefined;
    },
    remember: async (key, value) => {
      await writeJsonFile(pathOf(), { key: hash(key), value }).catch(() => undefined);
    },
  };
}

function hash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
