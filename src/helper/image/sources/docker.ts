import { homedir } from "node:os";
import { parseSaved, selectSaved } from "#core/oci/docker/saved.ts";
import type { Architecture } from "#core/oci/platform.ts";
import { formatNamed, type NamedReference } from "#core/oci/reference.ts";
import type { Archive } from "../archive/archive.ts";
import { findManifestOf, readArchiveIndex, readArchiveText } from "../archive/documents.ts";
import { describeSaved, readSavedConfig } from "../archive/saved.ts";
import { type ArchiveImage, ArchiveSource } from "../archive/source.ts";
import { spoolArchive } from "../archive/spool.ts";
import { type DaemonImage, DockerDaemon } from "../docker/daemon.ts";
import { type DockerSettings, findEndpoints } from "../docker/endpoints.ts";
import { daemonPlatform, exportMismatch, notInDaemon } from "../docker/errors.ts";
import { ImageError } from "../errors.ts";
import type { ImageSource } from "../source.ts";

export type DockerOptions = {
  readonly architecture: Architecture;
  readonly signal: AbortSignal;
  /** Bytes of the export that have come, and about how many there will be. */
  readonly onExport?: ((doneBytes: number, totalBytes: number | null) => void) | undefined;
  readonly settings?: DockerSettings | undefined;
};

type Found = { readonly daemon: DockerDaemon; readonly image: DaemonImage };

/**
 * The image that a Docker or Podman daemon on this machine has under this name. Fails with the code
 * `daemon` when none answers, `not-found` when it has no such image, and `platform` when its image is
 * for another kind of machine.
 */
export async function dockerSource(
  name: NamedReference,
  options: DockerOptions & { readonly limit: () => Promise<number> },
): Promise<ImageSource> {
  const { daemon, image } = await findInDaemons(name, options);
  const { onExport, limit } = options;
  const open = async (signal: AbortSignal) => {
    let doneBytes = 0;
    const onBytes = (count: number) => {
      doneBytes += count;
      onExport?.(doneBytes, image.sizeBytes ?? null);
    };
    const limits = { signal, maxBytes: 2 * (await limit()), onBytes };
    return await spoolArchive(daemon.exportImage(image.id, signal), limits);
  };
  return new DaemonSource(daemon, image, open);
}

/** The id of the daemon's image, without fetching it. Fails as `dockerSource` does. */
export async function dockerImageId(name: NamedReference, options: DockerOptions): Promise<string> {
  const { daemon, image } = await findInDaemons(name, options);
  daemon.close();
  return image.id;
}

class DaemonSource extends ArchiveSource {
  readonly #daemon: DockerDaemon;
  readonly #image: DaemonImage;

  constructor(
    daemon: DockerDaemon,
    image: DaemonImage,
    open: (signal: AbortSignal) => Promise<Archive>,
  ) {
    const choose = (archive: Archive, signal: AbortSignal) =>
      chooseExported(archive, { daemon, image, signal });
    super({ name: "docker", open, choose });
    this.#daemon = daemon;
    this.#image = image;
  }

  /** The daemon's own id of the image: a tag that is built again has another. */
  async identify(): Promise<string> {
    return this.#image.id;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#daemon.close();
  }
}

/** The id is the digest of the config, of the manifest, or of the index: whichever, it has to be there. */
async function chooseExported(
  archive: Archive,
  { daemon, image: { id }, signal }: Found & { signal: AbortSignal },
): Promise<ArchiveImage> {
  const listed = (await readArchiveIndex(archive)) ?? [];
  const entry = listed.find(({ digest }) => digest === id);
  if (entry !== undefined) return { entries: [entry] };
  const text = await readArchiveText(archive, "manifest.json");
  if (text === undefined) throw exportMismatch(daemon.where, id);
  const saved = selectSaved(parseSaved(text), undefined);
  const config = await readSavedConfig(archive, saved);
  if (config.digest === id) return { saved: await describeSaved(archive, saved, signal) };
  const manifest = await findManifestOf(archive, config.digest);
  if (manifest?.digest === id) return { entries: [manifest] };
  throw exportMismatch(daemon.where, id);
}

async function findInDaemons(name: NamedReference, options: DockerOptions): Promise<Found> {
  const { signal, architecture } = options;
  const settings = options.settings ?? { env: process.env, home: homedir() };
  const silent: ImageError[] = [];
  const answered: string[] = [];
  for (const endpoint of await findEndpoints(settings)) {
    const daemon = new DockerDaemon(endpoint);
    try {
      const image = await findByNames(daemon, daemonNames(name), signal);
      answered.push(daemon.where);
      if (image !== undefined) return { daemon, image: checkPlatform(image, architecture) };
    } catch (error) {
      daemon.close();
      signal.throwIfAborted();
      if (!(error instanceof ImageError) || error.code !== "daemon") throw error;
      silent.push(error);
    }
    daemon.close();
  }
  const [first] = silent;
  throw answered.length === 0 && first !== undefined ? first : notInDaemon(answered);
}

async function findByNames(
  daemon: DockerDaemon,
  names: readonly string[],
  signal: AbortSignal,
): Promise<DaemonImage | undefined> {
  for (const name of names) {
    const image = await daemon.inspect(name, signal);
    if (image !== undefined) return image;
  }
  for (const name of names) {
    const id = await daemon.findListed(name, signal);
    // What is listed but cannot be inspected is taken as it comes.
    if (id !== undefined) {
      const unknown = { id, architecture: "", os: "", sizeBytes: undefined };
      return (await daemon.inspect(id, signal)) ?? unknown;
    }
  }
  return undefined;
}

/** How Docker calls it, and how Podman calls what was built here. */
function daemonNames(name: NamedReference): string[] {
  const full = formatNamed(name);
  if (name.registry !== "docker.io") return [full];
  const familiar = full.replace(/^docker\.io\/(library\/)?/, "");
  return [familiar, full, `localhost/${familiar}`];
}

function checkPlatform(image: DaemonImage, wanted: Architecture): DaemonImage {
  const { os, architecture } = image;
  const fits = (os === "" || os === "linux") && (architecture === "" || architecture === wanted);
  if (fits) return image;
  throw daemonPlatform(`${os || "linux"}/${architecture}`, `linux/${wanted}`);
}
