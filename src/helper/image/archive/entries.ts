import type { ByteString } from "#core/erofs/byteString.ts";
import { type ArchiveLink, archivePath, followLinks } from "#core/oci/archive/paths.ts";
import { badArchive } from "#core/oci/errors.ts";
import type { TarEntry } from "#core/oci/tar/entry.ts";
import { type ArchiveFile, maxArchiveEntries } from "./archive.ts";

/** The files and links of an archive by name; of two with one name the later counts, as in tar. */
export class ArchiveEntries {
  readonly #entries = new Map<ByteString, ArchiveFile | ArchiveLink>();

  addFile({ path }: TarEntry, file: ArchiveFile): void {
    this.#add(path, file);
  }

  addLink({ kind, path, linkPath }: TarEntry): void {
    if (kind === "symlink") {
      this.#add(path, { to: linkPath });
      return;
    }
    const target = kind === "hardLink" ? this.#entries.get(archivePath(linkPath)) : undefined;
    if (target !== undefined) this.#add(path, target);
  }

  find(path: string): ArchiveFile | undefined {
    return followLinks<ArchiveFile>(this.#entries, path, isLink);
  }

  #add(path: ByteString, entry: ArchiveFile | ArchiveLink): void {
    if (this.#entries.size >= maxArchiveEntries) throw badArchive("it has too many entries");
    this.#entries.set(archivePath(path), entry);
  }
}

function isLink(entry: ArchiveFile | ArchiveLink): entry is ArchiveLink {
  return "to" in entry;
}
