// Writes archives as `docker save` of several versions and other tools write them.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { hostArchitecture, sha256 } from "./ociLayout.ts";
import { type TarInput, tar } from "./tar.ts";

/**
 * - `classic`: Docker up to 24, where a repeated layer is a link that may come before its target
 * - `oci`: Docker 25 and later, an OCI layout with plain blobs
 * - `containerd-gzip`, `containerd-zstd`: the same from the containerd store, with layers as they were pulled
 * - `podman`: Podman and skopeo, `<diff id>.tar` and links to it
 * - `gzip`: tools that write compressed layers without an OCI layout
 */
export type SavedLayout =
  | "classic"
  | "oci"
  | "containerd-gzip"
  | "containerd-zstd"
  | "podman"
  | "gzip";

export const savedLayouts: readonly SavedLayout[] = [
  "classic",
  "oci",
  "containerd-gzip",
  "containerd-zstd",
  "podman",
  "gzip",
];

export type SavedInput = {
  readonly layers: readonly Uint8Array[];
  readonly tags?: readonly string[];
  readonly architecture?: string;
  readonly config?: Record<string, unknown>;
};

export type Saved = {
  readonly archive: Buffer;
  readonly entries: TarInput[];
  readonly configDigest: string;
  /** Of the layouts that have one. */
  readonly manifestDigest: string | undefined;
};

/** One image in an archive. */
export function saveImage(layout: SavedLayout, input: SavedInput): Saved {
  const config = JSON.stringify({
    created: "2023-11-14T22:13:20Z",
    os: "linux",
    architecture: input.architecture ?? hostArchitecture,
    config: input.config ?? { Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: input.layers.map(sha256) },
  });
  const parts = writers[layout](input, config);
  const saved = [{ Config: parts.config, RepoTags: input.tags ?? null, Layers: parts.layers }];
  const entries = [...parts.entries, { path: "manifest.json", content: JSON.stringify(saved) }];
  return {
    archive: tar(entries),
    entries,
    configDigest: sha256(Buffer.from(config)),
    manifestDigest: parts.manifestDigest,
  };
}

type Parts = {
  entries: TarInput[];
  config: string;
  layers: string[];
  manifestDigest?: string;
};

const writers: Record<SavedLayout, (input: SavedInput, config: string) => Parts> = {
  classic: ({ layers }, config) => {
    const ids = layers.map((layer, index) => hex(sha256(Buffer.from(`${index}${sha256(layer)}`))));
    const entries = layers.flatMap((layer, index): TarInput[] => {
      // The last one with this content is the file: the links come before it.
      const target = layers.findLastIndex((other) => sha256(other) === sha256(layer));
      const path = `${ids[index]}/layer.tar`;
      const isLink = target !== index;
      const link = `../${ids[target]}/layer.tar`;
      return [
        { path: `${ids[index]}/`, type: "5" },
        { path: `${ids[index]}/VERSION`, content: "1.0" },
        { path: `${ids[index]}/json`, content: "{}" },
        isLink ? { path, type: "2", link } : { path, content: layer },
      ];
    });
    const name = `${hex(sha256(Buffer.from(config)))}.json`;
    entries.push({ path: name, content: config }, { path: "repositories", content: "{}" });
    return { entries, config: name, layers: ids.map((id) => `${id}/layer.tar`) };
  },
  oci: (input, config) => layoutParts(input, config, { suffix: "", compress: (layer) => layer }),
  "containerd-gzip": (input, config) =>
    layoutParts(input, config, { suffix: "+gzip", compress: (layer) => gzipSync(layer) }),
  "containerd-zstd": (input, config) =>
    layoutParts(input, config, { suffix: "+zstd", compress: (layer) => zstdCompressSync(layer) }),
  podman: ({ layers }, config) => {
    const names = layers.map((layer) => `${hex(sha256(layer))}.tar`);
    const entries = layers.flatMap((content, index): TarInput[] => [
      { path: names[index] ?? "", content },
      { path: `${index}/layer.tar`, type: "2", link: `../${names[index]}` },
    ]);
    const name = `${hex(sha256(Buffer.from(config)))}.json`;
    return { entries: [...entries, { path: name, content: config }], config: name, layers: names };
  },
  gzip: ({ layers }, config) => {
    const blobs = layers.map((layer) => gzipSync(layer));
    const names = blobs.map((blob) => `${hex(sha256(blob))}.tar.gz`);
    const entries = blobs.map((content, index) => ({ path: names[index] ?? "", content }));
    const name = sha256(Buffer.from(config));
    return { entries: [...entries, { path: name, content: config }], config: name, layers: names };
  },
};

type Compression = { suffix: string; compress: (layer: Uint8Array) => Uint8Array };

function layoutParts(input: SavedInput, config: string, { suffix, compress }: Compression): Parts {
  const entries: TarInput[] = [];
  const put = (mediaType: string, content: Uint8Array) => {
    const digest = sha256(content);
    entries.push({ path: `blobs/sha256/${hex(digest)}`, content });
    return { mediaType, digest, size: content.length };
  };
  const layerType = `application/vnd.oci.image.layer.v1.tar${suffix}`;
  const layers = input.layers.map((layer) => put(layerType, compress(layer)));
  const manifestType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: put("application/vnd.oci.image.config.v1+json", Buffer.from(config)),
    layers,
  };
  const described = put(manifestType, Buffer.from(JSON.stringify(manifest)));
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  const index = { schemaVersion: 2, manifests: [{ ...described, annotations }] };
  const path = (digest: string) => `blobs/sha256/${hex(digest)}`;
  return {
    entries: [
      ...entries,
      { path: "index.json", content: JSON.stringify(index) },
      { path: "oci-layout", content: '{"imageLayoutVersion":"1.0.0"}' },
    ],
    config: path(manifest.config.digest),
    layers: layers.map(({ digest }) => path(digest)),
    manifestDigest: described.digest,
  };
}

function hex(digest: string): string {
  return digest.slice("sha256:".length);
}
