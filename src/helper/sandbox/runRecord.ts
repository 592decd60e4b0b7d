import { randomBytes } from "node:crypto";
import { closeSync, constants, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import * as z from "zod";
import { openOwn } from "#helper/ownFile.ts";
import type { SandboxStatus } from "#shared/protocol/status.ts";
import type { Project } from "./project.ts";
import { readRunFile } from "./runFile.ts";

/** What a start needs to know of the last one. */
const lastRunSchema = z.object({
  /** Version of this format. */
  format: z.literal(1),
  status: z.object({ image: z.object({ name: z.string(), digest: z.string().nullable() }) }),
  /** Processes of the sandbox on the host, the supervisor first. */
  processes: z.array(
    z.object({ name: z.string(), pid: z.number(), startTicks: z.number().nullable() }),
  ),
});

export type LastRun = z.infer<typeof lastRunSchema>;

/** `run.json`: what the running or last supervisor was and did. */
export type RunRecord = Omit<LastRun, "status"> & {
  /** The last known status; `running` in it says nothing when nobody holds the lock. */
  status: SandboxStatus;
};

/** What a start needs, without the status as a whole, for which a large schema would have to be made. */
export function readLastRun(project: Project): LastRun | undefined {
  return readAs(lastRunSchema, project);
}

export async function readRunRecord(project: Project): Promise<RunRecord | undefined> {
  const { sandboxStatusSchema } = await import("#shared/protocol/status.ts");
  return readAs(lastRunSchema.extend({ status: sandboxStatusSchema }), project);
}

/** An unreadable record counts as none. */
function readAs<Run>(schema: z.ZodType<Run>, project: Project): Run | undefined {
  try {
    return schema.parse(readRunFile(project));
  } catch {
    // Missing, cut off or of another version: the next start writes a new one.
    return undefined;
  }
}

/** Replaces the record in one step, by way of a draft whose name nobody can guess. */
export async function writeRunRecord(project: Project, record: RunRecord): Promise<void> {
  const draft = `${project.runFile}.${randomBytes(8).toString("hex")}`;
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = openOwn(draft, O_WRONLY | O_CREAT | O_EXCL);
  try {
    writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
    await rename(draft, project.runFile);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
