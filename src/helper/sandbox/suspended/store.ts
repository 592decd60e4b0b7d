import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sealSaved } from "#helper/machine/state/saved.ts";
import { SandboxError } from "../errors.ts";
import type { Project } from "../project.ts";
import type { SupervisorSpec } from "../spec.ts";
import { diskIdentity } from "./diskIdentity.ts";
import {
  forgetSuspended,
  readSuspended,
  type SuspendedRecord,
  syncDirectory,
  writeSuspended,
} from "./record.ts";

const prefix = "suspended-";
const draftName = `${prefix}draft`;

/** Where the memory and the devices' state of a suspended sandbox are. */
export function suspendedDir(project: Project, { id }: Pick<SuspendedRecord, "id">): string {
  return join(project.sandboxDir, `${prefix}${id}`);
}

/** An empty directory for a machine that is about to be saved. */
export async function makeDraft(project: Project): Promise<string> {
  await removeFiles(project, undefined);
  const draft = join(project.sandboxDir, draftName);
  await mkdir(draft, { mode: 0o700 });
  return draft;
}

/**
 * Makes the draft the suspended state of a project whose machine is halted. Everything is on the medium
 * before the last step, which is one rename: a power cut leaves the whole state or none.
 */
export async function commitDraft(
  project: Project,
  draft: string,
  facts: { spec: SupervisorSpec; measures: SuspendedRecord["measures"]; now: Date },
): Promise<SuspendedRecord> {
  const id = randomBytes(16).toString("hex");
  const seal = await sealSaved(draft);
  const sizeBytes = await syncFiles(draft);
  const disk = await diskIdentity(project.diskFile);
  const { measures, now } = facts;
  const spec = { ...facts.spec, env: [] };
  const suspendedAt = now.toISOString();
  const about = { projectDir: project.dir, suspendedAt, sizeBytes };
  const record = { format: 2 as const, id, ...about, spec, measures, disk, seal };
  await rename(draft, suspendedDir(project, record));
  await syncDirectory(project.sandboxDir);
  await writeSuspended(project, record);
  return record;
}

/** Throws the suspended state away, if there is any; returns what it was. */
export async function discardSuspended(project: Project): Promise<SuspendedRecord | undefined> {
  const record = await readSuspended(project);
  await forgetSuspended(project);
  await removeFiles(project, undefined);
  return record;
}

/** Throws away what whoever boots has agreed to lose; another state that has come about meanwhile is kept. */
export async function discardAgreed(project: Project, agreedId: string | null): Promise<void> {
  const record = await readSuspended(project);
  if (record !== undefined && record.id !== agreedId) {
    throw new SandboxError(
      "suspended-changed",
      "The sandbox has been suspended while this start was prepared. Start again to go on with it.",
    );
  }
  await discardSuspended(project);
}

/** Removes files of suspended machines but those of the record. */
export async function removeFiles(
  project: Project,
  kept: SuspendedRecord | undefined,
): Promise<void> {
  const names = await readdir(project.sandboxDir).catch(() => []);
  const stale = names.filter(
    (name) => name.startsWith(prefix) && name !== `${prefix}${kept?.id ?? ""}`,
  );
  await Promise.all(
    stale.map((name) => rm(join(project.sandboxDir, name), { recursive: true, force: true })),
  );
}

/** Puts the files of a directory on the medium and adds up what they take. */
async function syncFiles(directory: string): Promise<number> {
  const sizes = (await readdir(directory)).map(async (name) => {
    const path = join(directory, name);
    const file = await open(path, "r");
    await file.sync().finally(() => file.close());
    // st_blocks counts units of 512 bytes on every system.
    return (await stat(path)).blocks * 512;
  });
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await syncDirectory(directory);
  return total;
}
