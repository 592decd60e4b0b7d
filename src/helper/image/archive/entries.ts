import type { ByteString } from "#core/erofs/byteString.ts";
import { type ArchiveLink, archivePath, followLinks } from "#core/oci/archive/paths.ts";
import { badArchive } from "#core/oci/errors.ts";
import type { TarEntry } from "#core/oci/tar/entry.ts";
import { type ArchiveFile, maxArchiveEntries } from "./archive.ts";

/** As long as a path may be on Linux; tools write far shorter ones. */
const maxNameBytes = 4096;
const maxAllNamesBytes = 32 << 20;

/** The files and links of an archive by name; of two with one name the later counts, as in tar. */
export class ArchiveEntries {
  readonly #entries = new Map<ByteString, ArchiveFile | ArchiveLink>();
  #namesBytes = 0;

  addFile(path: ByteString, file: ArchiveFile): void {
    this.#add(this.#checked(path), file);
  }

  addLink({ kind, path, linkPath }: TarEntry): void {
    const [name, to] = [this.#checked(path), this.#checked(linkPath)];
    if (kind === "symlink") this.#add(name, { to });
    const target = kind === "hardLink" ? this.#entries.get(archivePath(to)) : undefined;
    if (target !== undefined) this.#add(name, target);
  }

  find(path: string): ArchiveFile | undefined {
    return followLinks<ArchiveFile>(this.#entries, path, isLink);
  }

  #add(path: ByteString, entry: ArchiveFile | ArchiveLink): void {
    if (this.#entries.size >= maxArchiveEntries) throw badArchive("it has too many entries");
    this.#entries.set(archivePath(path), entry);
  }

  /** A name from a PAX header may be of megabytes, and there may be many. */
  #checked(name: ByteString): ByteString {
    if (name.length > maxNameBytes) {
      throw badArchive(`it has names of more than ${maxNameBytes} bytes`);
    }
    this.#namesBytes += name.length;
    if (this.#namesBytes > maxAllNamesBytes)
      throw badArchive("its names are too long, all together");
    return name;
  }
}

function isLink(entry: ArchiveFile | ArchiveLink): entry is ArchiveLink {
  return "to" in entry;
}
