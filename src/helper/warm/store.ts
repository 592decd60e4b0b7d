import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isAbandoned, ownerTag } from "../image/owner.ts";
import { type SavedMachine, savedFiles } from "../machine/state/saved.ts";
import { draftDir, draftName, snapshotDir, warmDir } from "./paths.ts";

const metadataFile = "metadata.json";

/** What a snapshot says of itself; it is written last, and counts as the snapshot's last use. */
const metadataSchema = z.object({
  format: z.literal(1),
  key: z.string(),
  stateSha256: z.string(),
  /** Apparent size of the memory file: all of the guest's memory. */
  memoryBytes: z.number(),
  createdAt: z.string(),
});

/** Why a snapshot is not to be trusted, as the rest of a sentence. */
export class BadSnapshot extends Error {}

/** Opens the snapshot of a key and checks it; undefined when there is none. Throws `BadSnapshot`. */
export async function openSnapshot(
  key: string,
  memoryBytes: number,
): Promise<SavedMachine | undefined> {
  const directory = snapshotDir(key);
  const stats = await lstat(directory).catch(() => undefined);
  if (stats === undefined) return undefined;
  if (!stats.isDirectory()) throw new BadSnapshot("it is no directory");
  checkOwner(stats, "its directory");
  const opened = await openAll(directory);
  try {
    return await checked(opened, { key, memoryBytes });
  } catch (error) {
    await opened.memory.close();
    throw error;
  } finally {
    await opened.state.close();
    await opened.metadata.close();
  }
}

type OpenFiles = { memory: FileHandle; state: FileHandle; metadata: FileHandle };

async function openAll(directory: string): Promise<OpenFiles> {
  const names = [savedFiles.memory, savedFiles.state, metadataFile];
  const opening = names.map((name) => openOwn(directory, name));
  try {
    const [memory, state, metadata] = await Promise.all(opening);
    if (memory && state && metadata) return { memory, state, metadata };
    throw new BadSnapshot("a file is missing");
  } catch (error) {
    for (const one of await Promise.allSettled(opening)) {
      if (one.status === "fulfilled") await one.value.close();
    }
    throw error;
  }
}

/** Follows no link, so what is checked is what is read. */
async function openOwn(directory: string, name: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(directory, name), flags).catch((error: Error) => {
    throw new BadSnapshot(`${name} cannot be opened (${error.message})`);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new BadSnapshot(`${name} is no file`);
    checkOwner(stats, name);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function checkOwner(stats: Stats, what: string): void {
  if (stats.uid !== process.getuid?.()) throw new BadSnapshot(`${what} belongs to somebody else`);
  if ((stats.mode & 0o077) !== 0) throw new BadSnapshot(`${what} is open to others`);
}

async function checked(
  { memory, state, metadata }: OpenFiles,
  expected: { key: string; memoryBytes: number },
): Promise<SavedMachine> {
  const content = await state.readFile();
  const said = metadataSchema.safeParse(parse(await metadata.readFile("utf8"))).data;
  if (said === undefined) throw new BadSnapshot("it does not describe itself as this version does");
  if (said.key !== expected.key) throw new BadSnapshot("it belongs to another machine");
  if (said.stateSha256 !== sha256(content)) throw new BadSnapshot("its state is damaged");
  const { size } = await memory.stat();
  const isWhole = size === said.memoryBytes && size === expected.memoryBytes;
  if (!isWhole) throw new BadSnapshot("its memory is not complete");
  return { state: content, memory };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Says that the snapshot was used just now. A read-only cache cannot remember it. */
export async function touchSnapshot(key: string): Promise<void> {
  const now = new Date();
  await utimes(join(snapshotDir(key), metadataFile), now, now).catch(() => undefined);
}

/** Moved away first, so that nobody finds half of it. */
export async function removeSnapshot(key: string): Promise<void> {
  const aside = draftDir(key, ownerTag());
  await rename(snapshotDir(key), aside).catch(() => undefined);
  await rm(aside, { recursive: true, force: true });
}

/** An empty directory to save into; undefined when another process is saving the same machine. */
export async function beginSnapshot(
  key: string,
  drafts: readonly string[],
): Promise<string | undefined> {
  for (const name of drafts) {
    const [, draftKey, tag = ""] = draftName.exec(name) ?? [];
    if (draftKey === key && !(await isAbandoned(join(warmDir(), name), tag))) return undefined;
  }
  const draft = draftDir(key, ownerTag());
  await mkdir(draft, { mode: 0o700 });
  return draft;
}

/** Makes a saved machine the snapshot of its key; when there is one already, that one stays. */
export async function commitSnapshot(
  key: string,
  draft: string,
  memoryBytes: number,
): Promise<boolean> {
  const { content } = await syncAndRead(join(draft, savedFiles.state));
  await syncAndRead(join(draft, savedFiles.memory), { read: false });
  const metadata: z.input<typeof metadataSchema> = {
    format: 1,
    key,
    stateSha256: sha256(content),
    memoryBytes,
    createdAt: new Date().toISOString(),
  };
  const file = await open(join(draft, metadataFile), "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(metadata, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return await rename(draft, snapshotDir(key)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTEMPTY" || error.code === "EEXIST") return false;
      throw error;
    },
  );
}

async function syncAndRead(path: string, { read = true } = {}): Promise<{ content: Buffer }> {
  const file = await open(path, "r+");
  try {
    await file.sync();
    return { content: read ? await file.readFile() : Buffer.alloc(0) };
  } finally {
    await file.close();
  }
}
