import type { ByteString } from "../../erofs/byteString.ts";
import { badArchive } from "../errors.ts";

const maxLinks = 8;

/** Where a symbolic link of an archive leads: `to` is as written, relative to the link's directory. */
export type ArchiveLink = { readonly to: ByteString };

/** The name of a file inside an archive, without dots and doubled slashes. */
export function archivePath(path: ByteString): ByteString {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) throw badArchive(`the name "${path}" leads out of it`);
  }
  return parts.join("/");
}

/** Follows links from name to name, as Docker writes them for a layer that repeats. */
export function followLinks<T>(
  entries: ReadonlyMap<ByteString, T | ArchiveLink>,
  path: ByteString,
  isLink: (entry: T | ArchiveLink) => entry is ArchiveLink,
): T | undefined {
  let name = archivePath(path);
  for (let depth = 0; depth <= maxLinks; depth += 1) {
    const entry = entries.get(name);
    if (entry === undefined || !isLink(entry)) return entry;
    name = archivePath(`${name.slice(0, name.lastIndexOf("/") + 1)}${entry.to}`);
  }
  throw badArchive(`the links of "${path}" lead in a circle`);
}
