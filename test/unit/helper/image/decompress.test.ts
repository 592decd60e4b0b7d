import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { verified } from "#helper/image/blob.ts";
import { decompressed } from "#helper/image/decompress.ts";
import { sha256 } from "#test/support/ociLayout.ts";

const text = Buffer.from("some text that is long enough to be worth compressing ".repeat(500));

/** A blob in pieces, which notes whether its reader closed it. */
function blob(bytes: Uint8Array, pieceBytes: number) {
  const state = { closed: false };
  async function* pieces() {
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        yield bytes.subarray(at, at + pieceBytes);
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, pieces: pieces() };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk));
  return Buffer.concat(all);
}

describe("decompressing a layer", () => {
  it("keeps every byte of what is larger than its chunks", async () => {
    for (const size of [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000]) {
      const bytes = randomBytes(size);
      for (const layer of [gzipSync(bytes, { level: 1 }), zstdCompressSync(bytes)]) {
        assert.ok((await collect(decompressed(blob(layer, 1 << 20).pieces))).equals(bytes));
      }
    }
  });

  it("asks for each piece while the one before it is in use, and for no more", async () => {
    const layer = gzipSync(randomBytes(1_000_000));
    const memory = [Buffer.alloc(1000), Buffer.alloc(1000)] as const;
    async function* inTwoPieces() {
      for (let at = 0, turn: 0 | 1 = 0; at < layer.length; at += 1000) {
        const count = layer.copy(memory[turn], 0, at, at + 1000);
        yield memory[turn].subarray(0, count);
        turn = turn === 0 ? 1 : 0;
      }
    }
    const [reused, kept] = [inTwoPieces(), blob(layer, 1000).pieces];
    assert.ok((await collect(decompressed(reused))).equals(await collect(decompressed(kept))));
  });

  it("goes by the first bytes, in pieces of any size", async () => {
    for (const size of [1, 3, 1000, 1_000_000]) {
      for (const bytes of [text, gzipSync(text), Buffer.concat([gzipSync(text), gzipSync(text)])]) {
        const result = await collect(decompressed(blob(bytes, size).pieces));
        assert.equal(result.length % text.length, 0);
        assert.deepEqual(result.subarray(0, text.length), text);
      }
    }
  });

  it("takes blobs shorter than any mark", async () => {
    assert.equal((await collect(decompressed(blob(Buffer.alloc(0), 1).pieces))).length, 0);
    assert.equal((await collect(decompressed(blob(Buffer.from([0x1f]), 1).pieces))).length, 1);
  });

  it("closes the blob on success, on damage, and when the reader stops early", async () => {
    const whole = blob(gzipSync(text), 100);
    await collect(decompressed(whole.pieces));
    const cut = blob(gzipSync(text).subarray(0, 60), 10);
    await assert.rejects(collect(decompressed(cut.pieces)), { name: "ImageError", code: "layer" });
    const abandoned = blob(gzipSync(text), 10);
    for await (const _ of decompressed(abandoned.pieces)) break;
    const zstd = blob(Buffer.from("28b52ffd0000", "hex"), 6);
    await assert.rejects(collect(decompressed(zstd.pieces)), { name: "ImageError", code: "layer" });
    for (const { state } of [whole, cut, abandoned, zstd]) assert.equal(state.closed, true);
  });

  it("passes on what is wrong with the blob itself", async () => {
    const bytes = gzipSync(text);
    const wrong = verified(blob(bytes, 20).pieces, { digest: sha256(text), size: bytes.length });
    await assert.rejects(collect(decompressed(wrong)), { code: "digest", message: /is damaged/ });
  });
});

describe("a blob that goes on behind its compressed data", () => {
  const zeros = Buffer.alloc(20_000);
  const other = Buffer.concat([Buffer.from([0]), Buffer.from("something else"), zeros]);
  const compressions = { gzip: gzipSync(text), zstd: zstdCompressSync(text) };

  it("is read to its end, where its digest is checked", async () => {
    for (const pieceBytes of [10, 1000, 1 << 20]) {
      const bytes = Buffer.concat([compressions.gzip, zeros]);
      const wrong = verified(blob(bytes, pieceBytes).pieces, {
        digest: sha256(text),
        size: bytes.length,
      });
      await assert.rejects(collect(decompressed(wrong)), { code: "digest", message: /is damaged/ });
      const right = verified(blob(bytes, pieceBytes).pieces, {
        digest: sha256(bytes),
        size: bytes.length,
      });
      assert.deepEqual(await collect(decompressed(right)), text);
    }
  });

  for (const [name, data] of Object.entries(compressions)) {
    it(`is refused when what follows is more than padding (${name})`, async () => {
      for (const tail of [other, Buffer.from("tail"), Buffer.concat([zeros, Buffer.from("x")])]) {
        const bytes = Buffer.concat([data, tail]);
        for (const pieceBytes of [7, data.length, 1 << 20]) {
          const { pieces, state } = blob(bytes, pieceBytes);
          await assert.rejects(collect(decompressed(pieces)), { code: "layer" });
          assert.ok(state.closed);
        }
      }
    });
  }
});

describe("verifying a blob", () => {
  const digest = sha256(text);

  it("passes the right bytes on", async () => {
    assert.deepEqual(
      await collect(verified(blob(text, 999).pieces, { digest, size: text.length })),
      text,
    );
  });

  it("stops at the first byte too many, and notices too few or others", async () => {
    const check = (bytes: Buffer, size: number) =>
      collect(verified(blob(bytes, 10).pieces, { digest, size }));
    await assert.rejects(check(text, text.length - 1), /is longer than/);
    await assert.rejects(check(text, text.length + 1), /instead of/);
    await assert.rejects(check(Buffer.alloc(text.length), text.length), /is damaged/);
  });
});
