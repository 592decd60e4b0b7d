// What names stood for when somebody was asked last: a stored image never needs a network or a daemon.
import { stat } from "node:fs/promises";
import type { ArchiveReference, ImageReference, NamedReference } from "#core/oci/reference.ts";
import { ImageError, type ImageErrorCode } from "./errors.ts";
import type { ImageSourceName } from "./source.ts";
import { absolutePath } from "./sources/select.ts";
import { findImage, type StoredImage } from "./store.ts";
import {
  archiveDigest,
  daemonDigest,
  listTags,
  noteArchiveDigest,
  noteDaemonDigest,
  readTag,
  writeTag,
} from "./tags.ts";

/** What a digest stands for never changes: the image itself, or an index it was chosen from. */
export async function findPinned({ digest }: NamedReference): Promise<StoredImage | undefined> {
  if (digest === undefined) return undefined;
  const image = await findImage(digest);
  if (image !== undefined) return image;
  const listed = (await listTags()).find(({ listedDigest }) => listedDigest === digest);
  return listed === undefined ? undefined : await findImage(listed.digest);
}

/** The stored image to go on with when a name could not be looked up. */
export async function findInstead(
  { name, resolution }: { name: NamedReference; resolution: "auto" | "docker" | "registry" },
  error: unknown,
): Promise<StoredImage | undefined> {
  if (!(error instanceof ImageError)) return undefined;
  if (resolution !== "docker" && networkCodes.includes(error.code)) {
    const tag = await readTag(name);
    const image = tag === undefined ? undefined : await findImage(tag.digest);
    if (image !== undefined) return image;
  }
  // A registry does not know the names of what was only ever built here.
  if (resolution === "registry" || !lookUpCodes.includes(error.code)) return undefined;
  const digest = await daemonDigest(name);
  return digest === undefined ? undefined : await findImage(digest);
}

export const networkCodes: readonly ImageErrorCode[] = ["network", "unreachable", "rate-limit"];
const lookUpCodes: readonly ImageErrorCode[] = [
  ...networkCodes,
  "daemon",
  "not-found",
  "unauthorized",
  "denied",
];

/** Notes what the name stood for. */
export async function noteMeaning(
  reference: ImageReference,
  source: ImageSourceName,
  { digest, listedDigest }: { digest: string; listedDigest: string | undefined },
): Promise<void> {
  if (reference.source !== "named") return;
  if (source === "docker") return await noteDaemonDigest(reference.name, digest);
  if (source !== "registry" || listedDigest === undefined) return;
  const known = await readTag(reference.name);
  if (known?.listedDigest === listedDigest && known.newerDigest === undefined) return;
  await writeTag(reference.name, { digest, listedDigest });
}

/** A file of images as it is now: to unpack a compressed one at every start would take long. */
export class ArchiveStamp {
  readonly #name: string;
  readonly #stamp: string;

  private constructor(name: string, stamp: string) {
    this.#name = name;
    this.#stamp = stamp;
  }

  /** To be called before the file is read. */
  static async of(
    { transport, path, tag, digest }: ArchiveReference,
    projectDir: string,
  ): Promise<ArchiveStamp | undefined> {
    const file = absolutePath(path, projectDir);
    // What is wrong with the file is told by who reads it.
    const stats = await stat(file, { bigint: true }).catch(() => undefined);
    if (stats === undefined) return undefined;
    const { size, mtimeNs, ctimeNs, ino, dev } = stats;
    const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
    const stamp = [size, mtimeNs, ctimeNs, ino, dev].join(" ");
    return new ArchiveStamp(`${transport}:${file}${suffix}`, stamp);
  }

  /** The image that was made of it. */
  async find(): Promise<StoredImage | undefined> {
    const digest = await archiveDigest(this.#name, this.#stamp);
    return digest === undefined ? undefined : await findImage(digest);
  }

  async note(digest: string): Promise<void> {
    await noteArchiveDigest(this.#name, { stamp: this.#stamp, digest });
  }
}
