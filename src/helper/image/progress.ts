import type { Descriptor } from "#core/oci/documents.ts";
import { Rate } from "./rate.ts";

/** One layer on its way into an image. */
export type LayerProgress = {
  readonly digest: string;
  readonly state: "waiting" | "fetching" | "fetched" | "done";
  /** Bytes as they are transferred, so compressed ones. */
  readonly doneBytes: number;
  readonly totalBytes: number;
};

export type ImageProgress = {
  readonly phase: "resolve" | "pull";
  readonly text: string;
  readonly doneBytes: number | null;
  readonly totalBytes: number | null;
  readonly bytesPerSecond?: number | null;
  readonly secondsLeft?: number | null;
  /** In the order they are read, which is the topmost first. */
  readonly layers?: readonly LayerProgress[];
};

type Layer = { digest: string; totalBytes: number; fetched: number; unpacked: number };

/** Adds up what is told about single layers. */
export class PullProgress {
  readonly #name: string;
  readonly #layers = new Map<string, Layer>();
  readonly #isFetched: boolean;
  readonly #emit: (progress: ImageProgress) => void;
  readonly #rate: Rate;
  #wasFetching = true;

  constructor(
    {
      name,
      layers,
      isFetched,
    }: { name: string; layers: readonly Descriptor[]; isFetched: boolean },
    emit: (progress: ImageProgress) => void,
    rate = new Rate(),
  ) {
    this.#name = name;
    this.#isFetched = isFetched;
    this.#emit = emit;
    this.#rate = rate;
    for (const { digest, size } of layers) {
      this.#layers.set(digest, { digest, totalBytes: size, fetched: 0, unpacked: 0 });
    }
  }

  /** Bytes came from a server. */
  fetched(digest: string, count: number): void {
    const layer = this.#layers.get(digest);
    if (layer === undefined) return;
    layer.fetched += count;
    this.#tell();
  }

  /** Bytes went into the image. */
  unpacked(digest: string, count: number): void {
    const layer = this.#layers.get(digest);
    if (layer === undefined) return;
    layer.unpacked += count;
    this.#tell();
  }

  #tell(): void {
    const layers = [...this.#layers.values()];
    const totalBytes = sum(layers, (layer) => layer.totalBytes);
    const fetchedBytes = sum(layers, (layer) => layer.fetched);
    const isFetching = this.#isFetched && fetchedBytes < totalBytes;
    const doneBytes = isFetching
      ? fetchedBytes
      : Math.min(
          totalBytes,
          sum(layers, (layer) => layer.unpacked),
        );
    if (isFetching !== this.#wasFetching) this.#rate.restart();
    this.#wasFetching = isFetching;
    this.#emit({
      phase: "pull",
      text: `${isFetching ? "pulling" : "unpacking"} ${this.#name}`,
      doneBytes,
      totalBytes,
      ...this.#rate.measure(doneBytes, totalBytes),
      layers: layers.map((layer) => this.#layer(layer)),
    });
  }

  #layer({ digest, totalBytes, fetched, unpacked }: Layer): LayerProgress {
    const doneBytes = this.#isFetched ? fetched : unpacked;
    if (unpacked >= totalBytes) return { digest, totalBytes, doneBytes: totalBytes, state: "done" };
    if (doneBytes === 0) return { digest, totalBytes, doneBytes, state: "waiting" };
    const state = doneBytes >= totalBytes ? "fetched" : "fetching";
    return { digest, totalBytes, doneBytes, state };
  }
}

function sum(layers: readonly Layer[], bytes: (layer: Layer) => number): number {
  return layers.reduce((total, layer) => total + bytes(layer), 0);
}
