import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { constants, zstdCompressSync } from "node:zlib";
import { ZstdFrames } from "#core/oci/zstd/frames.ts";

const skippable = Buffer.concat([Buffer.from("5f2a4d1803000000", "hex"), Buffer.from("abc")]);
const text = Buffer.from("a line of text that repeats, ".repeat(20_000));

function firstEnd(bytes: Uint8Array, pieceBytes: number): number | undefined {
  return ends(bytes, pieceBytes)[0];
}

function ends(bytes: Uint8Array, pieceBytes: number): number[] {
  const frames = new ZstdFrames();
  const found: number[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    const piece = bytes.subarray(start, start + pieceBytes);
    for (let at = 0; at < piece.length; ) {
      at = frames.advance(piece, at);
      if (frames.isBetween) found.push(start + at);
    }
  }
  return found;
}

describe("the frames of a zstd stream", () => {
  const noise = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * at * 31) >> 5));
  const forms: [string, Buffer][] = [
    ["of nothing", zstdCompressSync(Buffer.alloc(0))],
    ["of one byte", zstdCompressSync(Buffer.from("x"))],
    ["of text", zstdCompressSync(text)],
    ["of noise", zstdCompressSync(noise)],
    ["of zeros", zstdCompressSync(Buffer.alloc(5 << 20))],
    ["with a checksum", zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })],
    [
      "without a size",
      zstdCompressSync(text, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
    ],
    ["to be skipped", skippable],
  ];
  for (const [name, frame] of forms) {
    it(`finds the end of one ${name}, whatever follows and in whatever pieces`, () => {
      for (const pieceBytes of [1, 7, 1 << 20]) {
        assert.equal(firstEnd(frame, pieceBytes), frame.length);
        assert.equal(firstEnd(Buffer.concat([frame, skippable, frame]), pieceBytes), frame.length);
        assert.equal(firstEnd(frame.subarray(0, -1), pieceBytes), undefined);
        const both = [frame.length, 2 * frame.length];
        assert.deepEqual(ends(Buffer.concat([frame, frame]), pieceBytes), both);
      }
    });
  }

  it("knows how large a frame's content is, and what memory its decoder needs", () => {
    const frameOf = (bytes: Buffer) => {
      const frames = new ZstdFrames();
      frames.advance(bytes, 0);
      return frames.frame;
    };
    const small = { windowBytes: 1, contentBytes: 1 };
    assert.deepEqual(frameOf(zstdCompressSync(Buffer.from("x"))), small);
    assert.deepEqual(frameOf(zstdCompressSync(text)), {
      windowBytes: text.length,
      contentBytes: text.length,
    });
    const params = { [constants.ZSTD_c_contentSizeFlag]: 0 };
    const unsized = frameOf(zstdCompressSync(text, { params }));
    assert.equal(unsized?.contentBytes, undefined);
    assert.ok((unsized?.windowBytes ?? 0) >= text.length);
    assert.equal(frameOf(skippable), undefined);
  });

  it("refuses what is no frame, also behind the first one", () => {
    assert.throws(() => firstEnd(Buffer.from("no zstd"), 7), { code: "layer" });
    assert.throws(() => firstEnd(Buffer.concat([skippable, Buffer.from("tail")]), 7), {
      message: /no zstd frame/,
    });
  });

  it("refuses windows that would take too much memory, in any frame", () => {
    // Window descriptor f8 stands for 2 TB; a single segment of 4 GB is one window.
    for (const hex of ["28b52ffd00f8010000", "28b52ffda0ffffffff010000"]) {
      const hungry = Buffer.concat([skippable, Buffer.from(hex, "hex")]);
      assert.throws(() => firstEnd(hungry, 5), {
        code: "layer",
        message: /asks for a window of/,
        hint: /smaller window/,
      });
    }
  });
});
