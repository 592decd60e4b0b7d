import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { Decompress } from "fzstd";
import { ZstdFrames } from "#core/oci/zstd/frames.ts";
import { badCompression } from "./errors.ts";
import { inflating } from "./inflated.ts";

/** Four bytes may stand for 128 KiB: small steps bound what one of them can become. */
const stepBytes = 256;

/** What a zstd stream needs to be inflated, for tests too. */
export type ZstdEngine = "native" | "script";

/** Node's own decoder where this Node has one. */
export const bestZstdEngine: ZstdEngine = "createZstdDecompress" in zlib ? "native" : "script";

/**
 * Inflates zstd: the first frame natively where possible, and the others, if any, in a script, because
 * Node's decoder silently ends after one frame.
 */
export async function* zstdDecompressed(
  input: AsyncIterable<Uint8Array>,
  through: (
    input: AsyncIterable<Uint8Array>,
    transform: Transform,
  ) => AsyncGenerator<Uint8Array, void>,
  engine: ZstdEngine = bestZstdEngine,
): AsyncGenerator<Uint8Array, void> {
  const frames = new FirstFrame(input);
  if (engine === "native") {
    yield* through(frames.first(), zlib.createZstdDecompress(inflating));
  }
  yield* scriptInflated(frames.rest());
}

/** Splits a stream behind its first frame. */
class FirstFrame {
  readonly #frames = new ZstdFrames();
  readonly #input: AsyncIterator<Uint8Array>;
  #left: Uint8Array | undefined;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]();
  }

  async *first(): AsyncGenerator<Uint8Array, void> {
    let position = 0;
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) {
      const end = this.#frames.firstEnd;
      if (end !== undefined) {
        yield next.subarray(0, end - position);
        this.#left = next.subarray(end - position);
        return;
      }
      position += next.length;
      yield next;
    }
  }

  async *rest(): AsyncGenerator<Uint8Array, void> {
    if (this.#left !== undefined && this.#left.length > 0) yield this.#left;
    for (let next = await this.#next(); next !== undefined; next = await this.#next()) yield next;
  }

  async #next(): Promise<Uint8Array | undefined> {
    const next = await this.#input.next();
    if (next.done) return undefined;
    this.#frames.push(next.value);
    return next.value;
  }
}

async function* scriptInflated(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
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
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length; at += stepBytes) {
      yield* push(chunk.subarray(at, at + stepBytes), false);
    }
  }
  yield* push(new Uint8Array(0), true);
}
