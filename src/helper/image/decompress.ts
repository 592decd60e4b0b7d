import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { badCompression, ImageError } from "./errors.ts";
import { inflating } from "./inflated.ts";
import { giveBack } from "./memory.ts";
import { type ZstdOptions, zstdDecompressed } from "./zstd.ts";

type Bytes = AsyncIterable<Uint8Array>;

type Compression = {
  readonly magic: readonly number[];
  readonly inflate: (input: Bytes, onMemory: OnMemory) => AsyncGenerator<Uint8Array, void>;
};

type OnMemory = ZstdOptions["onMemory"];

const zstd = (input: Bytes, onMemory: OnMemory) => zstdDecompressed(input, { through, onMemory });

const compressions: readonly Compression[] = [
  { magic: [0x1f, 0x8b], inflate: (input) => through(input, createGunzip(inflating)) },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], inflate: zstd },
  // A frame to be skipped, with which some tools begin: its first byte has sixteen forms.
  ...Array.from({ length: 16 }, (_, index) => ({
    magic: [0x50 + index, 0x2a, 0x4d, 0x18],
    inflate: zstd,
  })),
];

const longestMagic = Math.max(...compressions.map(({ magic }) => magic.length));

/** Whether a blob that begins like this would be decompressed. */
export function isCompressed(head: Uint8Array): boolean {
  return findCompression(head) !== undefined;
}

function findCompression(head: Uint8Array): Compression | undefined {
  return compressions.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
}

/**
 * The plain bytes of a layer. Its first bytes decide, not its media type: servers are known to mix
 * them up. A piece is good until the next one is asked for; those of the blob have to be until the next
 * but one is. `onMemory` hears what memory a decoder of zstd holds.
 */
export async function* decompressed(
  blob: AsyncIterable<Uint8Array>,
  onMemory?: OnMemory,
): AsyncGenerator<Uint8Array, void> {
  const iterator = blob[Symbol.asyncIterator]();
  try {
    const first = await readHead(iterator);
    const head = Buffer.concat(first);
    const compression = findCompression(head);
    const whole = continued(first, iterator);
    if (compression === undefined) yield* whole;
    else yield* compression.inflate(whole, onMemory);
  } finally {
    await iterator.return?.();
  }
}

/**
 * The first chunks: enough of them to recognise any compression, or all there are. Those before the
 * last are copied, since the next one may take their memory.
 */
async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < longestMagic) {
    const last = first.pop();
    if (last !== undefined) first.push(Buffer.from(last));
    const next = await iterator.next();
    if (next.done) break;
    first.push(next.value);
    size += next.value.length;
  }
  return first;
}

async function* continued(
  first: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield* first;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    yield next.value;
  }
}

/**
 * Reads its input to the end, however early the compressed data ends: who checks the blob needs to see
 * all of it.
 */
async function* through(
  input: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void> {
  const feeding = new Feeding(input, transform);
  try {
    for await (const chunk of transform as Bytes) {
      yield chunk;
      giveBack(chunk);
    }
    await feeding.finished();
  } catch (error) {
    const { failure } = feeding;
    if (failure !== undefined) throw failure.error;
    throw error instanceof ImageError ? error : badCompression(error);
  } finally {
    await feeding.stop();
  }
}

/** What a decompressor knows of its input; it has counted what it took. */
type Counting = Transform & { readonly bytesWritten?: number };

class Feeding {
  failure: { error: unknown } | undefined;
  readonly #transform: Counting;
  readonly #done: Promise<void>;
  #isStopped = false;

  constructor(input: AsyncIterable<Uint8Array>, transform: Counting) {
    this.#transform = transform;
    // It may fail when nobody listens any more; `failure` tells who asks.
    transform.on("error", () => undefined);
    this.#done = this.#feed(input).catch((error: unknown) => {
      this.failure = { error };
      transform.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** All of the input was read. */
  async finished(): Promise<void> {
    await this.#done;
    if (this.failure !== undefined) throw this.failure.error;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#transform.destroy();
    await this.#done;
  }

  async #feed(input: AsyncIterable<Uint8Array>): Promise<void> {
    let isOver = false;
    for await (const chunk of readAhead(input)) {
      if (this.#isStopped) return;
      const taken: number = isOver ? 0 : await this.#write(chunk);
      // A decompressor that failed says so itself.
      if (this.#isStopped || this.#transform.errored) return;
      isOver ||= taken < chunk.length;
      checkPadding(chunk.subarray(taken));
    }
    this.#transform.end();
  }

  /** Waits until the chunk is used up, and says how much of it was wanted. */
  async #write(chunk: Uint8Array): Promise<number> {
    const transform = this.#transform;
    const before = transform.bytesWritten ?? 0;
    await new Promise<void>((resolve) => {
      transform.once("close", resolve);
      transform.write(chunk, () => {
        transform.off("close", resolve);
        resolve();
      });
    });
    return (transform.bytesWritten ?? before + chunk.length) - before;
  }
}

/** Asks for each piece while the one before it is in use. */
async function* readAhead(input: Bytes): AsyncGenerator<Uint8Array, void> {
  const iterator = input[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (let piece = await next; !piece.done; piece = await next) {
      next = iterator.next();
      // It may fail before anybody waits for it.
      next.catch(() => undefined);
      yield piece.value;
    }
  } finally {
    await next.catch(() => undefined);
    await iterator.return?.();
  }
}

/** Behind the data only zeros are harmless: some tools fill up whole blocks. */
function checkPadding(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) {
    throw badCompression(new Error("something follows the compressed data"));
  }
}
