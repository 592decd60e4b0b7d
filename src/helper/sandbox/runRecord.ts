import { readFile, rename, writeFile } from "node:fs/promises";
import * as z from "zod";
import { sandboxStatusSchema } from "#shared/protocol/status.ts";
import type { Project } from "./project.ts";

/** `run.json`: what the running or last supervisor was and did. */
const runRecordSchema = z.object({
  /** Version of this format. */
  format: z.literal(1),
  /** The last known status; `running` in it says nothing when nobody holds the lock. */
  status: sandboxStatusSchema,
  /** Processes of the sandbox on the host, the supervisor first. */
  processes: z.array(
    z.object({ name: z.string(), pid: z.number(), startTicks: z.number().nullable() }),
  ),
});

export type RunRecord = z.infer<typeof runRecordSchema>;

/** An unreadable record counts as none. */
export async function readRunRecord(project: Project): Promise<RunRecord | undefined> {
  try {
    return runRecordSchema.parse(JSON.parse(await readFile(project.runFile, "utf8")));
  } catch {
    // Missing, cut off or of another version: the next start writes a new one.
    return undefined;
  }
}

export async function writeRunRecord(project: Project, record: RunRecord): Promise<void> {
  const draft = `${project.runFile}.tmp`;
  await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  await rename(draft, project.runFile);
}
