import type { Descriptor } from "#core/oci/documents.ts";

export const imageSourceNames = ["embedded", "oci", "registry", "docker", "archive"] as const;

export type ImageSourceName = (typeof imageSourceNames)[number];

/**
 * A place images come from. It finds what a reference stands for and opens blobs; everything else
 * (choice of platform, checks, unpacking, storing) is the same for all.
 */
export type ImageSource = {
  readonly name: ImageSourceName;
  /**
   * The digest to store the image under, found without reading it. Sources without this are known by
   * the digest of the platform's manifest.
   */
  identify?(signal: AbortSignal): Promise<string>;
  /** Candidates for the reference: one descriptor, or the variants of one image. */
  find(signal: AbortSignal): Promise<readonly Descriptor[]>;
  /** Opens an index, manifest or config. The reader checks digest and size. */
  openDocument(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Whether the source checks layers, so that reading one to its end is proof enough. */
  readonly checksLayers?: boolean;
  /** Opens a layer. The reader checks digest and size, unless the source does. */
  openLayer(descriptor: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Begins to fetch layers, those that are read first in front. Sources on this machine have none. */
  fetch?(layers: readonly Descriptor[], onBytes: FetchProgress): void;
  /** Ends all transfers; what was fetched stays for a later attempt, or goes. */
  close?(outcome: "keep" | "discard"): Promise<void>;
};

export type FetchProgress = (digest: string, count: number) => void;
