import type { Descriptor } from "#core/oci/documents.ts";
import { badArchive } from "#core/oci/errors.ts";
import type { ImageSource, ImageSourceName } from "../source.ts";
import type { Archive } from "./archive.ts";
import { findBlob } from "./documents.ts";
import type { SavedBlobs } from "./saved.ts";

/** What of an archive is the image: descriptors of its OCI layout, or a description made from a saved image. */
export type ArchiveImage =
  | { readonly entries: readonly Descriptor[] }
  | { readonly saved: SavedBlobs };

export type ArchiveParts = {
  readonly name: ImageSourceName;
  /** Called when the archive is first needed, and only once. */
  readonly open: (signal: AbortSignal) => Promise<Archive>;
  readonly choose: (archive: Archive, signal: AbortSignal) => Promise<ArchiveImage>;
};

/** An image whose blobs are files of an archive. */
export class ArchiveSource implements ImageSource {
  readonly name: ImageSourceName;
  readonly #parts: ArchiveParts;
  #opened: Promise<Archive> | undefined;
  #saved: SavedBlobs | undefined;

  constructor(parts: ArchiveParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  archive(signal: AbortSignal): Promise<Archive> {
    this.#opened ??= this.#parts.open(signal);
    return this.#opened;
  }

  async find(signal: AbortSignal): Promise<readonly Descriptor[]> {
    const image = await this.#parts.choose(await this.archive(signal), signal);
    if ("entries" in image) return image.entries;
    this.#saved = image.saved;
    return [image.saved.manifest];
  }

  async openDocument({ digest }: Descriptor, signal: AbortSignal) {
    const made = this.#saved?.documents.get(digest);
    return made === undefined ? this.#openBlob(digest, signal) : once(made);
  }

  async openLayer({ digest }: Descriptor, signal: AbortSignal) {
    return this.#saved?.layers.get(digest)?.open() ?? (await this.#openBlob(digest, signal));
  }

  async close(): Promise<void> {
    // Why it could not be opened has been told where it was needed.
    const archive = await this.#opened?.catch(() => undefined);
    await archive?.close();
  }

  async #openBlob(digest: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const file = findBlob(await this.archive(signal), digest);
    if (file === undefined) throw badArchive(`the blob ${digest} is missing`);
    return file.open();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
