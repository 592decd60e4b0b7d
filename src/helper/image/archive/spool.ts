import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ByteString } from "#core/erofs/byteString.ts";
import { badArchive } from "#core/oci/errors.ts";
import type { TarEntry } from "#core/oci/tar/entry.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { ifMissing } from "#helper/files/missing.ts";
import { isAbandoned, ownerTag } from "#helper/files/owner.ts";
import { cacheDir } from "#helper/paths.ts";
import { imageTooLarge } from "../errors.ts";
import { ownFileBytes } from "../fileBytes.ts";
import type { Archive } from "./archive.ts";
import { ArchiveEntries } from "./entries.ts";

export type SpoolOptions = {
  readonly signal: AbortSignal;
  /** Upper bound of what is written. */
  readonly maxBytes: number;
  readonly onBytes?: ((count: number) => void) | undefined;
};

type Step = { entry: TarEntry } | { bytes: Uint8Array } | "end";

/**
 * Reads a tar stream once and keeps its files on disk, because what names the layers comes after
 * them, and the top layer, which is needed first, comes last. Digests are checked by who reads a file.
 */
export async function spoolArchive(
  stream: AsyncIterable<Uint8Array>,
  options: SpoolOptions,
): Promise<Archive> {
  await removeAbandoned();
  const directory = join(spoolsDir(), ownerTag());
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const close = () => rm(directory, { recursive: true, force: true });
  const writer = new SpoolWriter(directory);
  try {
    await pump(stream, writer, options);
    return { find: (path) => writer.entries.find(path), close };
  } catch (error) {
    await writer.abandon();
    await close();
    throw error;
  }
}

async function pump(
  stream: AsyncIterable<Uint8Array>,
  writer: SpoolWriter,
  { signal, maxBytes, onBytes }: SpoolOptions,
): Promise<void> {
  const steps: Step[] = [];
  const reader = new TarReader({
    entry: (entry) => steps.push({ entry }),
    data: (bytes) => steps.push({ bytes }),
    zeros: () => {
      throw badArchive("it has sparse files");
    },
    end: () => steps.push("end"),
  });
  let total = 0;
  for await (const chunk of stream) {
    signal.throwIfAborted();
    total += chunk.length;
    if (total > maxBytes) throw imageTooLarge(maxBytes);
    reader.push(chunk);
    // The bytes are views of the chunk, which stays until all of them are written.
    for (const step of steps.splice(0)) await writer.apply(step);
    onBytes?.(chunk.length);
  }
  signal.throwIfAborted();
  reader.finish();
}

/** Of the entry only its name is kept: its attributes may be of any size. */
type OpenFile = { handle: FileHandle; file: string; path: ByteString; sizeBytes: number };

class SpoolWriter {
  readonly entries = new ArchiveEntries();
  readonly #directory: string;
  #current: OpenFile | undefined;
  #count = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async apply(step: Step): Promise<void> {
    if (step === "end") await this.#end();
    else if ("entry" in step) await this.#begin(step.entry);
    else await this.#write(step.bytes);
  }

  async abandon(): Promise<void> {
    await this.#current?.handle.close();
    this.#current = undefined;
  }

  async #begin(entry: TarEntry): Promise<void> {
    if (entry.kind !== "file") {
      this.entries.addLink(entry);
      return;
    }
    // Names of the archive never become names on this machine.
    const file = join(this.#directory, String(this.#count));
    this.#count += 1;
    const handle = await open(file, "wx", 0o600);
    this.#current = { handle, file, path: entry.path, sizeBytes: entry.sizeBytes };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const file = this.#current;
    if (file === undefined) return;
    for (let at = 0; at < bytes.length; ) {
      at += (await file.handle.write(bytes, at, bytes.length - at)).bytesWritten;
    }
  }

  async #end(): Promise<void> {
    if (this.#current === undefined) return;
    const { handle, file, path, sizeBytes } = this.#current;
    this.#current = undefined;
    await handle.close();
    this.entries.addFile(path, { sizeBytes, open: () => readSpooled(file) });
  }
}

async function* readSpooled(file: string): AsyncGenerator<Uint8Array, void> {
  yield* ownFileBytes(await open(file));
}

/** Removes what processes that no longer run left behind. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(spoolsDir()).catch(ifMissing([]))) {
    const path = join(spoolsDir(), name);
    if (await isAbandoned(path, name)) await rm(path, { recursive: true, force: true });
  }
}

function spoolsDir(): string {
  return join(cacheDir(), "imports");
}
