import assert from "node:assert/strict";
import type { Transform } from "node:stream";
import { describe, it } from "node:test";
import { constants, createZstdDecompress, zstdCompressSync } from "node:zlib";
import { decompressed } from "#helper/image/decompress.ts";
import { bestZstdEngine, type ZstdEngine, zstdDecompressed } from "#helper/image/zstd.ts";

const skippable = Buffer.concat([Buffer.from("502a4d1803000000", "hex"), Buffer.from("abc")]);
const texts = Array.from({ length: 5 }, (_, index) =>
  Buffer.from(`part ${index}, `.repeat(30_000 + index)),
);

async function* inPieces(bytes: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* through(input: AsyncIterable<Uint8Array>, transform: Transform) {
  const all = await collect(input);
  transform.end(all);
  yield* transform as AsyncIterable<Uint8Array>;
}

const engines: ZstdEngine[] = ["native", "script"];

describe("inflating zstd", () => {
  it("uses Node's decoder where there is one", () => {
    assert.equal(bestZstdEngine, typeof createZstdDecompress === "function" ? "native" : "script");
  });

  for (const engine of engines) {
    it(`reads every frame of a stream (${engine})`, async () => {
      const frames = texts.map((text, index) =>
        zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: index % 2 } }),
      );
      const streams: [Buffer, Buffer][] = [
        [Buffer.concat(frames.slice(0, 1)), Buffer.concat(texts.slice(0, 1))],
        [Buffer.concat(frames), Buffer.concat(texts)],
        [Buffer.concat([skippable, ...frames, skippable]), Buffer.concat(texts)],
        [zstdCompressSync(Buffer.alloc(0)), Buffer.alloc(0)],
      ];
      for (const [stream, expected] of streams) {
        for (const pieceBytes of [1, 100, 1 << 20]) {
          const inflated = zstdDecompressed(inPieces(stream, pieceBytes), { through, engine });
          assert.ok((await collect(inflated)).equals(expected));
        }
      }
    });
  }

  it("reads thousands of small frames, as tools write that look for single files", async () => {
    const parts = Array.from({ length: 5000 }, (_, index) =>
      Buffer.from(`file ${index} `.repeat(20)),
    );
    const stream = Buffer.concat(parts.map((part) => zstdCompressSync(part)));
    for (const pieceBytes of [997, 1 << 20]) {
      const inflated = await collect(decompressed(inPieces(stream, pieceBytes)));
      assert.ok(inflated.equals(Buffer.concat(parts)));
    }
  });

  it("refuses small frames that are damaged, or larger than they say", async () => {
    const frame = zstdCompressSync(Buffer.from("some text"), {
      params: { [constants.ZSTD_c_checksumFlag]: 1 },
    });
    const damaged = Buffer.from(frame);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    const lying = Buffer.from(frame);
    lying[5] = 3;
    for (const bad of [damaged, lying]) {
      const stream = inPieces(Buffer.concat([frame, bad]), 1 << 20);
      await assert.rejects(collect(decompressed(stream)), { code: "layer" });
    }
  });

  it("refuses a stream that is cut or damaged", async () => {
    const whole = zstdCompressSync(Buffer.concat(texts));
    const later = Buffer.concat([whole, whole.subarray(0, -4)]);
    const bad = Buffer.concat([whole, Buffer.from("tail")]);
    for (const stream of [whole.subarray(0, -4), later, bad]) {
      await assert.rejects(collect(decompressed(inPieces(stream, 1000))), { code: "layer" });
    }
  });

  it("hands out a bomb in small portions", async () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 << 20));
    const second = Buffer.concat([zstdCompressSync(Buffer.from("x")), bomb]);
    let largest = 0;
    let total = 0;
    for await (const chunk of decompressed(inPieces(second, 1 << 20))) {
      largest = Math.max(largest, chunk.length);
      total += chunk.length;
    }
    assert.equal(total, (64 << 20) + 1);
    assert.ok(largest <= 1 << 20);
  });
});
