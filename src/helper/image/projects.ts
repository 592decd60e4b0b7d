import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isDigest } from "#core/oci/digest.ts";
import { readJsonFile, writeJsonFile } from "#helper/files/jsonFile.ts";
import { ifMissing } from "#helper/files/missing.ts";
import { cacheDir } from "#helper/paths.ts";
import { projectAt } from "#helper/sandbox/project.ts";
import { readLastRun } from "#helper/sandbox/runRecord.ts";
import { ImageError } from "./errors.ts";

/** A project on a drive that is not there now keeps its image for so long, and one that was pulled for it. */
const absentMs = 30 * 24 * 60 * 60 * 1000;

const digest = z.string().refine(isDigest);
const namedImage = z.object({ name: z.string(), digest });

const entrySchema = z.object({
  format: z.literal(1),
  /** Project directory, symlinks resolved. */
  path: z.string(),
  /** Image that the last start prepared. */
  digest: digest.optional(),
  /** Image that the user pulled for the next start, and what it was called. */
  pulled: namedImage.optional(),
  /** What the name stood for when the user went on with the old image instead. */
  declined: namedImage.optional(),
  usedAt: z.iso.datetime(),
});

type ProjectEntry = z.infer<typeof entrySchema>;

/** An image and the name that stood for it. */
export type NamedImage = z.infer<typeof namedImage>;

/** Notes which image a project is about to use; what was pulled for it has been dealt with. */
export async function noteProjectImage(
  path: string,
  imageDigest: string,
  declined?: NamedImage,
): Promise<void> {
  await write({ path, digest: imageDigest, declined });
}

/** An image that a name stands for and that the user does not want for the time being. */
export async function declinedImage(path: string): Promise<NamedImage | undefined> {
  return (await read(path))?.declined;
}

/** Notes that the project's user wants the next start to offer this image. */
export async function notePulledImage(path: string, pulled: NamedImage): Promise<void> {
  const known = await read(path);
  // Whoever pulls wants to be asked again.
  await write({ path, digest: known?.digest, pulled });
}

export async function pulledImage(path: string): Promise<NamedImage | undefined> {
  return (await read(path))?.pulled;
}

/**
 * The projects that use each image, by digest. The list of projects is only a list of places to look
 * at: what they use is what their own records say.
 */
export async function imageUsers(): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  const names = await readdir(projectsDir())
    .catch(ifMissing([]))
    .catch(usersUnknown(projectsDir()));
  for (const name of names) {
    const path = join(projectsDir(), name);
    const entry = await readJsonFile(path, entrySchema, usersUnknown(path));
    if (entry === undefined) continue;
    const digests = await digestsOf(entry);
    if (digests.size === 0) await rm(path, { force: true });
    for (const used of digests) users.set(used, union(users.get(used), entry.path));
  }
  return users;
}

/** Directories of the projects that sandboxes were started for, whether or not they still exist. */
export async function knownProjects(): Promise<string[]> {
  const names = await readdir(projectsDir()).catch(() => []);
  const entries = names.map((name) => readJsonFile(join(projectsDir(), name), entrySchema));
  return (await Promise.all(entries)).flatMap((entry) => entry?.path ?? []);
}

/** Forgets a project whose sandbox was removed. */
export async function forgetProject(path: string): Promise<void> {
  await rm(entryPath(path), { force: true });
}

/** Whoever takes "cannot be read" for "uses nothing" deletes images that are in use. */
function usersUnknown(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `it is not known which images are in use, because ${path} cannot be read: ${reason}`;
    throw new ImageError("storage", message, { cause });
  };
}

function union(paths: readonly string[] | undefined, path: string): string[] {
  return [...new Set([...(paths ?? []), path])];
}

async function digestsOf(entry: ProjectEntry): Promise<Set<string>> {
  const isRecent = Date.now() - Date.parse(entry.usedAt) < absentMs;
  const noted = [entry.digest, entry.pulled?.digest];
  const here = await find(entry.path);
  if (here === "absent") return known(isRecent ? noted : []);
  if (here === "hidden") return known(noted);
  const project = projectAt(entry.path);
  const pulled = isRecent ? entry.pulled?.digest : undefined;
  // A sandbox that was removed uses nothing.
  const sandbox = await find(project.sandboxDir);
  if (sandbox === "absent") return known([pulled]);
  return known([entry.digest, pulled, readLastRun(project)?.status.image.digest]);
}

/** What cannot be looked at, say on a drive that has a fault, may well be there. */
async function find(path: string): Promise<"present" | "absent" | "hidden"> {
  try {
    await stat(path);
    return "present";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" || code === "ENOTDIR" ? "absent" : "hidden";
  }
}

function known(digests: readonly (string | null | undefined)[]): Set<string> {
  return new Set(digests.filter((one): one is string => typeof one === "string"));
}

function read(path: string): Promise<ProjectEntry | undefined> {
  return readJsonFile(entryPath(path), entrySchema);
}

async function write(entry: Omit<ProjectEntry, "format" | "usedAt">): Promise<void> {
  await writeJsonFile(entryPath(entry.path), {
    format: 1,
    ...entry,
    usedAt: new Date().toISOString(),
  });
}

function entryPath(path: string): string {
  const hash = createHash("sha256").update(path).digest("hex");
  return join(projectsDir(), `${hash.slice(0, 32)}.json`);
}

function projectsDir(): string {
  return join(cacheDir(), "projects");
}
