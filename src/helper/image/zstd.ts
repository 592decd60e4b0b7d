import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { windowTooLarge } from "#core/oci/errors.ts";
import { type ZstdFrame, ZstdFrames } from "#core/oci/zstd/frames.ts";
import { formatBytes } from "#shared/bytes.ts";
import { badCompression } from "./errors.ts";
import { inflating } from "./inflated.ts";

/** Four bytes may stand for 128 KiB: small steps bound what one of them can become. */
const stepBytes = 256;
/** With more a conversion would not keep its bound. */
const maxMemoryBytes = 40 << 20;
/** Frames up to here are inflated at once: a decoder that streams costs a third of a millisecond. */
const smallFrame = { bytes: 64 << 10, contentBytes: 256 << 10 };

type Bytes = AsyncIterable<Uint8Array>;

/** What a zstd stream needs to be inflated, for tests too. */
export type ZstdEngine = "native" | "script";

/** Node's own decoder where this Node has one. */
export const bestZstdEngine: ZstdEngine = "createZstdDecompress" in zlib ? "native" : "script";

export type ZstdOptions = {
  readonly through: (input: Bytes, transform: Transform) => AsyncGenerator<Uint8Array, void>;
  /** Hears how much memory the decoder holds, and may refuse that. */
  readonly onMemory?: ((bytes: number) => void) | undefined;
  readonly engine?: ZstdEngine;
};

/** Inflates zstd of any number of frames; some tools write one for each file. */
export async function* zstdDecompressed(
  input: Bytes,
  { through, onMemory = () => undefined, engine = bestZstdEngine }: ZstdOptions,
): AsyncGenerator<Uint8Array, void> {
  const hold = (bytes: number, { windowBytes }: Pick<ZstdFrame, "windowBytes">) => {
    if (bytes > maxMemoryBytes) throw windowTooLarge(windowBytes, filledRoom);
    onMemory(bytes);
  };
  if (engine === "script") {
    yield* scriptInflated(new FrameReader(input, (frame) => hold(frame.windowBytes, frame)));
    return;
  }
  const frames = new FrameReader(input);
  // Node's decoder silently ends after one frame.
  for (let piece = await frames.next(); piece !== undefined; piece = await frames.next()) {
    if (frames.isBetween && isSmall(piece, frames.frame)) yield inflateWhole(piece);
    else {
      const inflated = through(frames.restOfFrame(piece), zlib.createZstdDecompress(inflating));
      yield* counted(inflated, (bytes) => {
        const { frame = noWindow } = frames;
        hold(Math.min(bytes, frame.windowBytes), frame);
      });
      hold(0, noWindow);
    }
  }
}

/** The decoder's memory is a computer's only as far as something was written to it. */
async function* counted(
  chunks: Bytes,
  onBytes: (total: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    onBytes(total);
    yield chunk;
  }
}

const noWindow = { windowBytes: 0 };
const filledRoom = `of which ${formatBytes(maxMemoryBytes)} may be filled`;

function isSmall(piece: Uint8Array, frame: ZstdFrame | undefined): boolean {
  const contentBytes = frame === undefined ? 0 : (frame.contentBytes ?? Number.POSITIVE_INFINITY);
  return piece.length <= smallFrame.bytes && contentBytes <= smallFrame.contentBytes;
}

function inflateWhole(frame: Uint8Array): Uint8Array {
  try {
    return zlib.zstdDecompressSync(frame, { maxOutputLength: smallFrame.contentBytes });
  } catch (error) {
    throw badCompression(error);
  }
}

/** The pieces of a stream, cut where its frames end. */
class FrameReader {
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #frames: ZstdFrames;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(input: Bytes, onFrame?: (frame: ZstdFrame) => void) {
    this.#input = input[Symbol.asyncIterator]();
    this.#frames = new ZstdFrames(onFrame);
  }

  get isBetween(): boolean {
    return this.#frames.isBetween;
  }

  get frame(): ZstdFrame | undefined {
    return this.#frames.frame;
  }

  async next(): Promise<Uint8Array | undefined> {
    while (this.#at === this.#chunk.length) {
      const next = await this.#input.next();
      if (next.done) return undefined;
      this.#chunk = next.value;
      this.#at = 0;
    }
    const from = this.#at;
    this.#at = this.#frames.advance(this.#chunk, from);
    return this.#chunk.subarray(from, this.#at);
  }

  async *restOfFrame(first: Uint8Array): AsyncGenerator<Uint8Array, void> {
    yield first;
    while (!this.isBetween) {
      const piece = await this.next();
      if (piece === undefined) return;
      yield piece;
    }
  }
}

async function* scriptInflated(frames: FrameReader): AsyncGenerator<Uint8Array, void> {
  let output: Uint8Array[] = [];
  // The decoder goes on writing into the memory it hands out.
  const decoder = new Decompress((bytes) => output.push(Buffer.from(bytes)));
  const push = (bytes: Uint8Array, isLast: boolean) => {
    output = [];
    try {
      decoder.push(bytes, isLast);
    } catch (error) {
      throw badCompression(error);
    }
    return output;
  };
  for (let piece = await frames.next(); piece !== undefined; piece = await frames.next()) {
    for (let at = 0; at < piece.length; at += stepBytes) {
      yield* push(piece.subarray(at, at + stepBytes), false);
    }
  }
  yield* push(new Uint8Array(0), true);
}
