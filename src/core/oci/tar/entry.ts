import type { ByteString } from "../../erofs/byteString.ts";
import type { Xattr } from "../../erofs/xattrs.ts";

export type TarKind =
  | "file"
  | "hardLink"
  | "symlink"
  | "characterDevice"
  | "blockDevice"
  | "directory"
  | "fifo";

/** One entry of an archive, with everything its extension headers said about it. */
export type TarEntry = {
  readonly kind: TarKind;
  /** As written, not normalised. */
  readonly path: ByteString;
  readonly linkPath: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** Size of the content that follows, holes included. */
  readonly sizeBytes: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly xattrs: readonly Xattr[];
};

/** Receives an archive piece by piece: entry, then its content, then end, for every entry. */
export type TarConsumer = {
  entry(entry: TarEntry): void;
  /** Content bytes; a view that is valid only during the call. */
  data(bytes: Uint8Array): void;
  /** Content that is a hole. */
  zeros(count: number): void;
  end(): void;
};
