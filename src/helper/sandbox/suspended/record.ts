import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifMissing } from "#helper/files/missing.ts";
import { userDir } from "#helper/paths.ts";
import type { Project } from "../project.ts";
import type { SuspendedRecord } from "./recordSchema.ts";

export type { SuspendedRecord };

/**
 * What is known of the project's suspended sandbox; undefined when there is none. Throws when the record
 * cannot be read just now: who took that for none would throw the sandbox away.
 */
export async function readSuspended(project: Project): Promise<SuspendedRecord | undefined> {
  const text = await readFile(recordPath(project), "utf8").catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  // Each start looks; most find nothing that a schema would have to be made for.
  const { suspendedRecordSchema } = await import("./recordSchema.ts");
  try {
    const record = suspendedRecordSchema.parse(JSON.parse(text));
    return record.projectDir === project.dir ? record : undefined;
  } catch {
    // Damaged, or of another version: then the sandbox boots, as after a power cut.
    return undefined;
  }
}

/** From here on the sandbox counts as suspended. */
export async function writeSuspended(project: Project, record: SuspendedRecord): Promise<void> {
  const path = recordPath(project);
  await mkdir(recordsDir(), { recursive: true, mode: 0o700 });
  const draft = await open(`${path}.tmp`, "w", 0o600);
  try {
    await draft.writeFile(`${JSON.stringify(record)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${path}.tmp`, path);
  await syncDirectory(recordsDir());
}

/** From here on the sandbox does not count as suspended. Durable before it returns. */
export async function forgetSuspended(project: Project): Promise<void> {
  await rm(recordPath(project), { force: true });
  await syncDirectory(recordsDir()).catch((error: NodeJS.ErrnoException) => {
    // Nothing was ever suspended here.
    if (error.code !== "ENOENT") throw error;
  });
}

/** Puts what happened to a directory's entries on the medium. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  await directory.sync().finally(() => directory.close());
}

function recordPath({ dir }: Project): string {
  const hash = createHash("sha256").update(dir).digest("hex");
  return join(recordsDir(), `${hash.slice(0, 32)}.json`);
}

function recordsDir(): string {
  return join(userDir(), "suspended");
}
