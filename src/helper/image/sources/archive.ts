import { parseSaved, type SavedImage, selectSaved } from "#core/oci/docker/saved.ts";
import type { Descriptor } from "#core/oci/documents.ts";
import type { ArchiveReference } from "#core/oci/reference.ts";
import type { Archive } from "../archive/archive.ts";
import { findManifestOf, readArchiveIndex, readArchiveText } from "../archive/documents.ts";
import { openArchive } from "../archive/file.ts";
import { describeSaved, readSavedConfig } from "../archive/saved.ts";
import { type ArchiveImage, ArchiveSource } from "../archive/source.ts";
import { imageNotFound } from "../errors.ts";
import type { ImageSource } from "../source.ts";
import { selectEntries } from "./layout.ts";

/** An image in an archive file; its path is absolute. `limit` is that of an unpacked image. */
export function archiveSource(
  reference: ArchiveReference,
  limit: () => Promise<number>,
): ImageSource {
  const { path } = reference;
  // An archive may have other images, too.
  const open = async (signal: AbortSignal) =>
    openArchive(path, { signal, maxBytes: 2 * (await limit()) });
  const name = "archive";
  if (reference.transport === "oci-archive") {
    const choose = async (archive: Archive) => ({ entries: await findEntries(archive, reference) });
    return new ArchiveSource({ name, open, choose });
  }
  return new DockerArchiveSource(reference, open);
}

/**
 * An archive as `docker save` writes it, in all of its forms. Where it is an OCI layout too, that is
 * what counts: its manifest says what the layers are as they are stored, compressed or not.
 */
class DockerArchiveSource extends ArchiveSource {
  readonly #reference: ArchiveReference;

  constructor(reference: ArchiveReference, open: (signal: AbortSignal) => Promise<Archive>) {
    const choose = (archive: Archive, signal: AbortSignal) =>
      chooseSaved(archive, reference, signal);
    super({ name: "archive", open, choose });
    this.#reference = reference;
  }

  /** The digest of the manifest where there is one, else that of the config, as in Docker itself. */
  async identify(signal: AbortSignal): Promise<string> {
    const archive = await this.archive(signal);
    const config = await readSavedConfig(archive, await findSaved(archive, this.#reference));
    return (await findManifestOf(archive, config.digest))?.digest ?? config.digest;
  }
}

async function chooseSaved(
  archive: Archive,
  reference: ArchiveReference,
  signal: AbortSignal,
): Promise<ArchiveImage> {
  const image = await findSaved(archive, reference);
  const config = await readSavedConfig(archive, image);
  const manifest = await findManifestOf(archive, config.digest);
  if (manifest !== undefined) return { entries: [manifest] };
  return { saved: await describeSaved(archive, image, signal) };
}

async function findEntries(archive: Archive, reference: ArchiveReference): Promise<Descriptor[]> {
  const entries = await readArchiveIndex(archive);
  const { path: place, tag, digest, transport } = reference;
  if (entries !== undefined) return selectEntries(entries, { place, tag, digest, transport });
  const isDocker = archive.find("manifest.json") !== undefined;
  const hint = isDocker ? `An archive of docker save is docker-archive:${place}.` : undefined;
  throw imageNotFound(place, "it is no archive of an OCI layout (no index.json)", hint);
}

async function findSaved(archive: Archive, { path, tag }: ArchiveReference): Promise<SavedImage> {
  const text = await readArchiveText(archive, "manifest.json");
  if (text !== undefined) return selectSaved(parseSaved(text), tag);
  const isOci = archive.find("index.json") !== undefined;
  const hint = isOci ? `An archive of an OCI layout is oci-archive:${path}.` : undefined;
  throw imageNotFound(path, "it is no archive of docker save (no manifest.json)", hint);
}
