import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { PrivilegedPart } from "#core/config/approval/privileged.ts";
import { userDir } from "../paths.ts";
import { ApprovalError } from "./errors.ts";

const formatVersion = 1;

const approvalSchema = z.object({
  /** When the user said yes, in ISO 8601. */
  approvedAt: z.string(),
  part: z.array(
    z.object({ kind: z.enum(["grant", "limit"]), keyPath: z.string(), value: z.unknown() }),
  ),
});

const fileSchema = z.object({
  version: z.literal(formatVersion),
  /** By project directory, symlinks resolved. */
  projects: z.record(z.string(), approvalSchema),
});

type Approvals = z.infer<typeof fileSchema>["projects"];

export function approvalsPath(): string {
  return join(userDir(), "approvals.json");
}

/** What the user has approved for a project; nothing without a record. */
export async function readApproved(projectDir: string): Promise<PrivilegedPart> {
  return (await readAll())[projectDir]?.part ?? [];
}

/** Remembers what a project may; `undefined` forgets the project. */
export async function writeApproved(
  projectDir: string,
  part: PrivilegedPart | undefined,
): Promise<void> {
  await mkdir(userDir(), { recursive: true, mode: 0o700 });
  await locked(async () => {
    const { [projectDir]: _, ...others } = await readAll();
    const own = { approvedAt: new Date().toISOString(), part: [...(part ?? [])] };
    const projects = part === undefined ? others : { ...others, [projectDir]: own };
    const text = JSON.stringify({ version: formatVersion, projects }, undefined, 2);
    const draft = `${approvalsPath()}.${randomUUID()}`;
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, approvalsPath());
  });
}

/** A record that cannot be understood approves nothing; a newer version's is left alone. */
async function readAll(): Promise<Approvals> {
  const text = await readFile(approvalsPath(), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ApprovalError("unreadable", `${approvalsPath()} cannot be read: ${error.code}.`);
  });
  const value = text === undefined ? undefined : parseJson(text);
  const { version } = z.object({ version: z.number() }).safeParse(value).data ?? { version: 0 };
  if (version > formatVersion) {
    throw new ApprovalError("newer", `${approvalsPath()} was written by a newer Airlock.`, {
      hint: "Update this one, or remove the file to approve every project again.",
    });
  }
  return fileSchema.safeParse(value).data?.projects ?? {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What was damaged approves nothing.
    return undefined;
  }
}

const lockWaitMs = 5_000;
/** Nobody holds the lock this long; whoever left it behind has crashed. */
const lockStaleMs = 4_000;

/** Runs `action` while no other process changes the approvals. */
async function locked(action: () => Promise<void>): Promise<void> {
  const lock = `${approvalsPath()}.lock`;
  const deadline = performance.now() + lockWaitMs;
  while (!(await tryLock(lock))) {
    if (performance.now() > deadline) {
      throw new ApprovalError("busy", `${lock} is held by another process.`, {
        hint: "Remove it if no other Airlock runs.",
      });
    }
    await delay(20 + Math.random() * 30);
  }
  try {
    await action();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > lockStaleMs) await rm(lock, { recursive: true, force: true });
  return false;
}
