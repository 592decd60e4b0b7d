import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { badCompression, ImageError } from "./errors.ts";
import { inflating, release } from "./inflated.ts";
import { zstdDecompressed } from "./zstd.ts";

type Bytes = AsyncIterable<Uint8Array>;

type Compression = {
  readonly magic: readonly number[];
  readonly inflate: (input: Bytes) => AsyncGenerator<Uint8Array, void>;
};

const zstd = (input: Bytes) => zstdDecompressed(input, through);

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
 * them up. A piece is good until the next one is asked for.
 */
export async function* decompressed(
  blob: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const iterator = blob[Symbol.asyncIterator]();
  try {
    const first = await readHead(iterator);
    const head = Buffer.concat(first);
    const compression = findCompression(head);
    const whole = continued(first, iterator);
    if (compression === undefined) yield* whole;
    else yield* compression.inflate(whole);
  } finally {
    await iterator.return?.();
  }
}

/** The first chunks: enough of them to recognise any compression, or all there are. */
async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array[]> {
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < longestMagic) {
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

async function* through(
  input: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void> {
  let failure: { error: unknown } | undefined;
  const feeding = feed(input, transform).catch((error: unknown) => {
    failure = { error };
    transform.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of transform as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      yield chunk;
      release(chunk);
    }
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    throw error instanceof ImageError ? error : badCompression(error);
  } finally {
    transform.destroy();
    await feeding;
  }
}

async function feed(input: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  for await (const chunk of input) {
    if (transform.destroyed) return;
    if (!transform.write(chunk)) await drained(transform);
  }
  transform.end();
}

function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      transform.off("drain", done);
      transform.off("close", done);
      resolve();
    };
    transform.on("drain", done);
    transform.on("close", done);
    if (transform.destroyed) done();
  });
}
