import { randomBytes } from "node:crypto";
import { closeSync, constants, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { knownProjects } from "#helper/image/projects.ts";
import { openOwn, readOwn } from "#helper/ownFile.ts";
import { userDir } from "#helper/paths.ts";
import { SandboxError } from "./errors.ts";
import { type Project, projectAt } from "./project.ts";

/** Content of a sandbox's `id`, which names its record in the user's home. Nobody else can know it. */
const idPattern = /^[0-9a-f]{32}$/;
const idBytes = 64;

/**
 * Makes sure that what is in the sandbox's directory was made for this user, by a record in their home: a
 * checkout may bring an `.airlock` of its author's, whose disk would be put over the image's programs.
 */
export async function claimState(project: Project): Promise<void> {
  const id = readId(project);
  const owner = id === undefined ? undefined : await recordedDir(id);
  if (id !== undefined && owner !== undefined) return await keepOrCopy(project, { id, owner });
  const isOurs =
    (await isFresh(project)) || (id === undefined && (await isOlderThanRecords(project)));
  const mine = id !== undefined && !isOurs ? id : await makeId(project);
  if (isOurs) return await record(mine, project);
  throw new SandboxError(
    "state-dir",
    `${project.sandboxDir} was not made by a sandbox of yours, so Airlock does not use its disk.`,
    {
      hint: `It may have come with the project: look at it, and delete it with \`airlock rm\`. If it is yours, from another computer say, adopt it with \`touch ${recordPath(mine)}\`.`,
    },
  );
}

/** Forgets a sandbox that is about to be deleted. */
export async function disownState(project: Project): Promise<void> {
  const id = readId(project);
  if (id !== undefined && (await recordedDir(id)) === project.dir) await rm(recordPath(id));
}

/** A directory may be moved with its sandbox. A copy becomes a sandbox of its own. */
async function keepOrCopy(
  project: Project,
  { id, owner }: { id: string; owner: string },
): Promise<void> {
  if (owner === project.dir) return;
  await record(owner !== "" && hasId(owner, id) ? await makeId(project) : id, project);
}

function hasId(dir: string, id: string): boolean {
  try {
    return readId(projectAt(dir)) === id;
  } catch {
    // There is no such directory any more.
    return false;
  }
}

/** Whether no sandbox has been there yet. */
async function isFresh({ sandboxDir }: Project): Promise<boolean> {
  const names = await readdir(sandboxDir);
  return names.every((name) => name === "id" || name === "lock");
}

/** Whether it was made before there were ids, by this user, who has started it then. */
async function isOlderThanRecords({ dir }: Project): Promise<boolean> {
  if (!(await knownProjects()).includes(dir)) return false;
  const ids = (await readdir(recordsDir()).catch(() => [])).filter((name) => idPattern.test(name));
  return !(await Promise.all(ids.map(recordedDir))).includes(dir);
}

function readId(project: Project): string | undefined {
  try {
    const id = readOwn(idFile(project), idBytes).trim();
    return idPattern.test(id) ? id : undefined;
  } catch {
    // Missing, or not ours: the same.
    return undefined;
  }
}

async function makeId(project: Project): Promise<string> {
  const id = randomBytes(16).toString("hex");
  await rm(idFile(project), { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const file = openOwn(idFile(project), O_WRONLY | O_CREAT | O_EXCL);
  try {
    writeFileSync(file, `${id}\n`);
  } finally {
    closeSync(file);
  }
  return id;
}

/** The project directory that a sandbox was last seen in, empty if unknown; undefined without a record. */
async function recordedDir(id: string): Promise<string | undefined> {
  const text = await readFile(recordPath(id), "utf8").catch(() => undefined);
  return text?.replace(/\n$/, "");
}

async function record(id: string, { dir }: Project): Promise<void> {
  await mkdir(recordsDir(), { recursive: true, mode: 0o700 });
  await writeFile(recordPath(id), `${dir}\n`, { mode: 0o600 });
}

function idFile({ sandboxDir }: Project): string {
  return join(sandboxDir, "id");
}

function recordPath(id: string): string {
  return join(recordsDir(), id);
}

function recordsDir(): string {
  return join(userDir(), "sandboxes");
}
