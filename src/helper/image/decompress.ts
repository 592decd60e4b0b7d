import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { badCompression, compressionNotActive, ImageError } from "./errors.ts";

const outputBytes = 256 << 10;

type Compression = { readonly magic: readonly number[]; readonly open: () => Transform };

const compressions: readonly Compression[] = [
  { magic: [0x1f, 0x8b], open: () => createGunzip({ chunkSize: outputBytes }) },
  {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    open: () => {
      throw compressionNotActive("zstd");
    },
  },
];

/**
 * The plain bytes of a layer. Its first bytes decide, not its media type: servers are known to mix
 * them up.
 */
export async function* decompressed(
  blob: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const { head, rest } = await peek(blob, 4);
  const compression = compressions.find(({ magic }) =>
    magic.every((byte, index) => head[index] === byte),
  );
  if (compression === undefined) {
    yield* rest;
    return;
  }
  yield* through(rest, compression.open());
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
    yield* transform as AsyncIterable<Uint8Array>;
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

async function peek(blob: AsyncIterable<Uint8Array>, count: number) {
  const iterator = blob[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  let done = false;
  while (size < count && !done) {
    const next = await iterator.next();
    done = next.done ?? false;
    if (!next.done) {
      first.push(next.value);
      size += next.value.length;
    }
  }
  async function* rest(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* first;
      while (!done) {
        const next = await iterator.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(first).subarray(0, count), rest: rest() };
}
