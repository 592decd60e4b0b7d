import { createHash } from "node:crypto";
import { type BigIntStats, constants, readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

/** Names in the directory of a saved machine. */
export const savedFiles = { state: "state", memory: "memory" };

/** A saved machine that is open: what happens to its files' names now does not matter any more. */
export type SavedMachine = {
  /** What QEMU knows of its devices. */
  state: Buffer;
  /** The guest's memory, a file with holes. */
  memory: FileHandle;
};

/** By which the files of a saved machine are known to be the ones that were written. */
export const sealSchema = z.object({
  stateBytes: z.number(),
  stateSha256: z.string(),
  /** Apparent size of the memory: all that the guest has. */
  memoryBytes: z.number(),
  /** Blocks of the memory's file when it was sealed. Some file systems count more of them later. */
  memoryBlocks: z.number(),
  /** Digest of pages from both ends of the memory, where the guest's kernel is. */
  samplesSha256: z.string(),
  /** Inode of the memory's file with its times: whoever writes to it cannot keep the time of change. */
  memoryIdentity: z.string(),
});

export type Seal = z.infer<typeof sealSchema>;

/** Why a saved machine is not to be trusted, as the rest of a sentence. */
export class BadSaved extends Error {}

/** The directory of a saved machine, as it was when it was opened. */
export type SavedDirectory = {
  /** Opens a file that is there and ours alone. Follows no link, so what is checked is what is read. */
  file(name: string): Promise<FileHandle>;
  close(): Promise<void>;
};

/** Undefined when there is none. Throws `BadSaved` for one that others could have filled. */
export async function openSavedDirectory(path: string): Promise<SavedDirectory | undefined> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch(unless("ENOENT"));
  if (handle === undefined) return undefined;
  try {
    checkOwner(await handle.stat({ bigint: true }), "its directory");
  } catch (error) {
    await handle.close();
    throw error;
  }
  // Through the descriptor, so that all files are of one directory whatever is renamed meanwhile.
  const root = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
  return { file: (name) => openOwn(root, name), close: () => handle.close() };
}

/** Describes a saved machine and puts its files on the medium. */
export async function sealSaved(directory: string): Promise<Seal> {
  const [state, memory] = await Promise.all(
    [savedFiles.state, savedFiles.memory].map((name) => open(join(directory, name), "r+")),
  );
  if (state === undefined || memory === undefined) throw new Error("nothing was opened");
  try {
    await Promise.all([state.sync(), memory.sync()]);
    const content = await state.readFile();
    const stats = await memory.stat({ bigint: true });
    return {
      stateBytes: content.length,
      stateSha256: sha256(content),
      memoryBytes: Number(stats.size),
      memoryBlocks: Number(stats.blocks),
      samplesSha256: samplesOf(memory, Number(stats.size)),
      memoryIdentity: identityOf(stats),
    };
  } finally {
    await Promise.all([state.close(), memory.close()]);
  }
}

/** Opens a machine that `Machine.save` wrote and somebody sealed. The caller closes `memory`. */
export async function openSaved(directory: SavedDirectory, seal: Seal): Promise<SavedMachine> {
  const memory = await directory.file(savedFiles.memory);
  try {
    const content = await readState(directory, seal);
    await checkMemory(memory, seal);
    return { state: content, memory };
  } catch (error) {
    await memory.close();
    throw error;
  }
}

/** Throws `BadSaved` when the memory is not what was sealed. */
export async function checkMemory(memory: FileHandle, seal: Seal): Promise<void> {
  const stats = await memory.stat({ bigint: true });
  const isWhole =
    Number(stats.size) === seal.memoryBytes && Number(stats.blocks) >= seal.memoryBlocks;
  if (!isWhole) throw new BadSaved("its memory is not complete");
  const isSame =
    identityOf(stats) === seal.memoryIdentity &&
    samplesOf(memory, seal.memoryBytes) === seal.samplesSha256;
  if (!isSame) throw new BadSaved("its memory has been changed since");
}

async function readState(directory: SavedDirectory, seal: Seal): Promise<Buffer> {
  const state = await directory.file(savedFiles.state);
  try {
    // Before it is read: what somebody has put there may have any size.
    if ((await state.stat()).size !== seal.stateBytes) throw new BadSaved("its state is damaged");
    const content = await state.readFile();
    if (sha256(content) !== seal.stateSha256) throw new BadSaved("its state is damaged");
    return content;
  } finally {
    await state.close();
  }
}

async function openOwn(root: string, name: string): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(root, name), flags).catch(unless("ENOENT", name));
  if (handle === undefined) throw new BadSaved(`${name} is missing`);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw new BadSaved(`${name} is no file`);
    checkOwner(stats, name);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** For `catch`: what is missing is undefined, what is of another kind is bad, and other errors pass. */
function unless(missing: string, name = "it") {
  return (error: NodeJS.ErrnoException): undefined => {
    if (error.code === missing) return undefined;
    const isOther = error.code === "ELOOP" || error.code === "ENOTDIR";
    throw isOther ? new BadSaved(`${name} is a link or of another kind`, { cause: error }) : error;
  };
}

function checkOwner(stats: BigIntStats, what: string): void {
  if (Number(stats.uid) !== process.getuid?.()) {
    throw new BadSaved(`${what} belongs to somebody else`);
  }
  if ((stats.mode & 0o077n) !== 0n) throw new BadSaved(`${what} is open to others`);
}

function identityOf({ ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return [ino, mtimeNs, ctimeNs].join(" ");
}

const sampleBytes = 4096;
const samplesAtEachEnd = 16;
const sampledRange = 64 * 2 ** 20;

/** Read at once: from the page cache, a turn through Node's threads would take longer. */
function samplesOf({ fd }: FileHandle, sizeBytes: number): string {
  const hash = createHash("sha256");
  const page = Buffer.alloc(sampleBytes);
  const range = Math.min(sampledRange, sizeBytes / 2);
  for (let index = 0; index < samplesAtEachEnd; index++) {
    const distance = Math.floor((range * index) / samplesAtEachEnd);
    for (const at of [distance, sizeBytes - distance - sampleBytes]) {
      const read = readSync(fd, page, 0, sampleBytes, Math.max(0, at));
      hash.update(page.subarray(0, read));
    }
  }
  return hash.digest("hex");
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
