import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ifMissing } from "#helper/files/missing.ts";
import { sealSchema } from "#helper/machine/state/saved.ts";
import { userDir } from "#helper/paths.ts";
import type { Project } from "../project.ts";
import { supervisorSpecSchema } from "../spec.ts";
import { diskIdentitySchema } from "./diskIdentity.ts";

/**
 * What is known of a suspended sandbox. It lies in the user's home and not in the project: a checkout may
 * bring an `.airlock` of its author's, and a machine is resumed with whatever this says.
 */
const recordSchema = z.object({
  /** Version of this format. */
  format: z.literal(2),
  /** Random name of the files in the project, which nobody else can know. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  projectDir: z.string(),
  suspendedAt: z.iso.datetime(),
  /** Bytes that the files take. */
  sizeBytes: z.number(),
  /** How the machine was started, without its environment, which is in its memory. */
  spec: supervisorSpecSchema,
  /** What the guest's agent put in force for processes. */
  measures: z.array(z.object({ id: z.string(), on: z.boolean(), detail: z.string() })),
  disk: diskIdentitySchema,
  /** Of the files in the project, which another sandbox may have mounted with a directory above it. */
  seal: sealSchema,
});

export type SuspendedRecord = z.infer<typeof recordSchema>;

/**
 * What is known of the project's suspended sandbox; undefined when there is none. Throws when the record
 * cannot be read just now: who took that for none would throw the sandbox away.
 */
export async function readSuspended(project: Project): Promise<SuspendedRecord | undefined> {
  const text = await readFile(recordPath(project), "utf8").catch(ifMissing(undefined));
  if (text === undefined) return undefined;
  try {
    const record = recordSchema.parse(JSON.parse(text));
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
