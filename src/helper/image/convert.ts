import { setImmediate } from "node:timers/promises";
import { ErofsError } from "#core/erofs/errors.ts";
import { MemoryBudget } from "#core/erofs/memoryBudget.ts";
import { ErofsWriter } from "#core/erofs/writer.ts";
import { digestHex } from "#core/oci/digest.ts";
import type { Descriptor } from "#core/oci/documents.ts";
import { OciError, windowTooLarge } from "#core/oci/errors.ts";
import { LayerMerge } from "#core/oci/layers/merge.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { verified } from "./blob.ts";
import { decompressed } from "./decompress.ts";
import { asImageError, blobMismatch, ImageError, imageTooLarge } from "./errors.ts";
import type { FileSink } from "./fileSink.ts";
import type { ImageSource } from "./source.ts";

const maxBusyMs = 20;

export type Conversion = {
  readonly source: ImageSource;
  /** In the manifest's order: the lowest first. */
  readonly layers: readonly Descriptor[];
  readonly digest: string;
  readonly createdSeconds: number;
  /** Upper bound of the unpacked layers, and of the image made of them. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Bytes of a blob were read, for the first time. */
  readonly onBytes: (digest: string, count: number) => void;
};

type Progress = { unpackedBytes: number };

/** Reads the layers from the top down and writes the merged image. */
export async function convertLayers(conversion: Conversion, sink: FileSink): Promise<void> {
  const writer = new ErofsWriter(sink, {
    uuid: uuidOf(conversion.digest),
    buildTimeSeconds: conversion.createdSeconds,
  });
  const budget = new MemoryBudget();
  const merge = new LayerMerge(writer, budget);
  const progress: Progress = { unpackedBytes: 0 };
  const read = (layer: number, onBytes: Conversion["onBytes"]) =>
    readLayer({ ...conversion, onBytes }, layer, { writer, merge, sink, progress, budget });
  for (let layer = conversion.layers.length - 1; layer >= 0; layer -= 1) {
    merge.beginLayer(layer);
    await read(layer, conversion.onBytes);
    if (merge.needsSecondReading) {
      merge.beginSecondReading();
      await read(layer, () => undefined);
    }
  }
  await writeTree(writer.finish(merge.finish()), conversion.signal, sink);
}

/** Sorting and writing directories is pure work: let other events in now and then. */
async function writeTree(steps: Iterable<void>, signal: AbortSignal, sink: FileSink) {
  let pausedAt = performance.now();
  for (const _step of steps) {
    signal.throwIfAborted();
    await sink.drain();
    if (performance.now() - pausedAt < maxBusyMs) continue;
    await setImmediate();
    pausedAt = performance.now();
  }
}

type Target = {
  readonly writer: ErofsWriter;
  readonly merge: LayerMerge;
  readonly sink: FileSink;
  readonly progress: Progress;
  readonly budget: MemoryBudget;
};

async function readLayer(conversion: Conversion, layer: number, target: Target): Promise<void> {
  const descriptor = conversion.layers[layer];
  if (descriptor === undefined) return;
  try {
    await pushLayer(conversion, descriptor, target);
  } catch (error) {
    conversion.signal.throwIfAborted();
    const where = `layer ${layer + 1} of ${conversion.layers.length} (${descriptor.digest})`;
    throw asImageError(await explain(conversion, descriptor, error), where);
  }
}

async function pushLayer(
  { source, signal, maxBytes, onBytes }: Conversion,
  descriptor: Descriptor,
  { writer, merge, sink, progress, budget }: Target,
): Promise<void> {
  const reader = new TarReader(merge);
  const opened = await source.openLayer(descriptor, signal);
  const blob = source.checksLayers ? opened : verified(opened, descriptor);
  const whole = new CountedBlob(blob, (count) => onBytes(descriptor.digest, count));
  const window = new Window(budget);
  for await (const chunk of decompressed(whole, (bytes) => window.become(bytes))) {
    signal.throwIfAborted();
    reader.push(chunk);
    progress.unpackedBytes += chunk.length;
    if (Math.max(progress.unpackedBytes, writer.sizeBytes) > maxBytes)
      throw imageTooLarge(maxBytes);
    await sink.drain();
  }
  window.become(0);
  reader.finish();
  // Its digest is known to be right only when the last byte was read.
  if (!whole.isOver) throw blobMismatch("it goes on behind the end of its data");
}

/** What tools that write layers use at most, and what there is room for in any case. */
const freeWindowBytes = 8 << 20;

/** Memory that a decoder of zstd holds besides, which leaves less for the image's names. */
class Window {
  readonly #budget: MemoryBudget;
  #bytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  become(windowBytes: number): void {
    this.#budget.give(this.#bytes);
    this.#bytes = 0;
    const bytes = Math.max(0, windowBytes - freeWindowBytes);
    if (!this.#budget.canTake(bytes)) {
      throw windowTooLarge(windowBytes, "for which the image's names leave no room");
    }
    this.#bytes = bytes;
  }
}

class CountedBlob {
  isOver = false;
  readonly #blob: AsyncIterable<Uint8Array>;
  readonly #onBytes: (count: number) => void;

  constructor(blob: AsyncIterable<Uint8Array>, onBytes: (count: number) => void) {
    this.#blob = blob;
    this.#onBytes = onBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of this.#blob) {
      yield chunk;
      this.#onBytes(chunk.length);
    }
    this.isOver = true;
  }
}

/** A layer that cannot be read is often just damaged: then say that, and not how it shows. */
async function explain(
  { source, signal }: Conversion,
  descriptor: Descriptor,
  error: unknown,
): Promise<unknown> {
  if (!isAboutContent(error)) return error;
  try {
    for await (const _ of verified(await source.openLayer(descriptor, signal), descriptor)) {
      signal.throwIfAborted();
    }
    return error;
  } catch (mismatch) {
    return mismatch;
  }
}

function isAboutContent(error: unknown): boolean {
  if (error instanceof ImageError) return error.code === "layer";
  return error instanceof OciError || error instanceof ErofsError;
}

/** A UUID (version 8) made of the image's digest, so that equal images are equal files. */
function uuidOf(digest: string): Uint8Array {
  const uuid = Buffer.from(digestHex(digest).slice(0, 32), "hex");
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x80;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return uuid;
}
