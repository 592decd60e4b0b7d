// Merges layers in memory, through the product's tar reader, merge and EROFS writer.
import { ErofsWriter } from "#core/erofs/writer.ts";
import { LayerMerge } from "#core/oci/layers/merge.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { readErofs } from "./erofsReader.ts";
import { MemorySink } from "./memorySink.ts";
import { type TarInput, tar } from "./tar.ts";

/** Layers come the lowest first; `readings` counts how often any of them was read. */
export function mergeCounting(layers: readonly TarInput[][]) {
  const sink = new MemorySink();
  const writer = new ErofsWriter(sink, { uuid: new Uint8Array(16), buildTimeSeconds: 0 });
  const merge = new LayerMerge(writer);
  let readings = 0;
  const push = (archive: Uint8Array) => {
    const reader = new TarReader(merge);
    reader.push(archive);
    reader.finish();
    readings += 1;
  };
  for (const [below, layer] of [...layers].reverse().entries()) {
    const archive = tar(layer);
    merge.beginLayer(layers.length - 1 - below);
    push(archive);
    if (merge.needsSecondReading) {
      merge.beginSecondReading();
      push(archive);
    }
  }
  for (const _ of writer.finish(merge.finish()));
  const found = readErofs(sink.image());
  const listing = [...found]
    .filter(([path]) => path !== "/")
    .map(([path, inode]) => {
      if (inode.kind === "file") return `${path}=${inode.content}`;
      if (inode.kind === "symlink") return `${path}->${inode.content}`;
      return inode.kind === "directory" ? `${path}/` : `${path} ${inode.kind}`;
    });
  return { listing: listing.sort(), found, readings };
}
