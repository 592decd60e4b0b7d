import type { ByteString } from "../../erofs/byteString.ts";
import { badTar } from "../errors.ts";
import type { TarEntry, TarKind } from "./entry.ts";
import type { TarHeader } from "./header.ts";
import { parseCount, parseTime } from "./numbers.ts";
import { type PaxRecords, paxXattrs } from "./pax.ts";

/** What the extension headers before an entry said about it. */
export type Extensions = {
  readonly global: PaxRecords;
  readonly local: PaxRecords;
  readonly longPath: ByteString | undefined;
  readonly longLinkPath: ByteString | undefined;
};

const kinds: Readonly<Record<string, TarKind>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  S: "file",
  "1": "hardLink",
  "2": "symlink",
  "3": "characterDevice",
  "4": "blockDevice",
  "5": "directory",
  D: "directory",
  "6": "fifo",
};

/** Joins a header and its extensions into an entry; `sizeBytes` is what the archive stores. */
export function describeEntry(header: TarHeader, extensions: Extensions): TarEntry {
  const records = lookup(extensions);
  const path = records("GNU.sparse.name") ?? records("path") ?? extensions.longPath ?? header.path;
  const kind = kindOf(header.type, path);
  const mtime = records("mtime");
  const time =
    mtime === undefined ? { seconds: header.mtimeSeconds, nanoseconds: 0 } : parseTime(mtime);
  return {
    kind,
    path,
    linkPath: records("linkpath") ?? extensions.longLinkPath ?? header.linkPath,
    mode: header.mode,
    uid: userId(records("uid"), header.uid, "user id"),
    gid: userId(records("gid"), header.gid, "group id"),
    mtimeSeconds: time.seconds,
    mtimeNanoseconds: time.nanoseconds,
    sizeBytes: storedSize(header, records("size")),
    deviceMajor: header.deviceMajor,
    deviceMinor: header.deviceMinor,
    xattrs: [...paxXattrs([...extensions.global, ...extensions.local])].map(([name, value]) => ({
      name,
      value,
    })),
  };
}

/** Size of the logical file of a sparse member, if the records describe one. */
export function sparseSize(records: PaxRecords): number | undefined {
  const text = last(records, "GNU.sparse.realsize") ?? last(records, "GNU.sparse.size");
  return text === undefined ? undefined : parseCount(text, "size");
}

/** Whether the map is at the start of the content (format 1.0). */
export function hasContentMap(records: PaxRecords): boolean {
  return last(records, "GNU.sparse.major") === "1" && last(records, "GNU.sparse.minor") === "0";
}

// A global header must not rename or resize everything after it.
const perEntryKeys = new Set(["path", "linkpath", "size", "GNU.sparse.name"]);

function lookup({ global, local }: Extensions): (key: string) => ByteString | undefined {
  return (key) => {
    const value = last(local, key) ?? (perEntryKeys.has(key) ? undefined : last(global, key));
    // An empty value withdraws what a header before said.
    return value === "" ? undefined : value;
  };
}

function last(records: PaxRecords, key: string): ByteString | undefined {
  return records.findLast((record) => record.key === key)?.value;
}

function kindOf(type: string, path: ByteString): TarKind {
  const kind = kinds[type];
  if (kind === undefined) throw badTar(`an entry has the unknown type "${type}"`);
  // Archives older than the directory type mark directories by a slash at the end.
  return kind === "file" && path.endsWith("/") ? "directory" : kind;
}

// Links, devices and directories have no content, whatever size some archivers note down.
const headerOnlyTypes = new Set(["1", "2", "3", "4", "5", "6"]);

function storedSize(header: TarHeader, override: string | undefined): number {
  if (headerOnlyTypes.has(header.type)) return 0;
  return override === undefined ? header.sizeBytes : parseCount(override, "size");
}

function userId(text: string | undefined, fallback: number, what: string): number {
  const value = text === undefined ? fallback : Number(/^-?\d{1,15}$/.test(text) ? text : NaN);
  if (!(value >= -(2 ** 31) && value < 2 ** 32)) throw badTar(`a ${what} is out of range`);
  return value >>> 0;
}
