import type { Descriptor } from "#core/oci/documents.ts";

export type ImageSourceName = "embedded" | "oci";

/**
 * A place images come from. It finds what a reference stands for and opens blobs; everything else
 * (choice of platform, checks, unpacking, storing) is the same for all.
 */
export type ImageSource = {
  readonly name: ImageSourceName;
  /** Candidates for the reference: one descriptor, or the variants of one image. */
  find(signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** Opens an index, manifest or config. The reader checks digest and size. */
  openDocument(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Opens a layer. The reader checks digest and size. */
  openLayer(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
};
