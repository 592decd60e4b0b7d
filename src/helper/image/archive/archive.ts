/** One file of an archive of images. */
export type ArchiveFile = {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
};

/** An archive whose files can be read in any order. */
export type Archive = {
  /** Follows links. */
  find(path: string): ArchiveFile | undefined;
  /** Frees what it holds on disk and in open files. */
  close(): Promise<void>;
};

/** More than any tool writes; bounds the memory for a hostile archive. */
export const maxArchiveEntries = 100_000;
