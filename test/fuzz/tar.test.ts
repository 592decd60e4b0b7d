// Damaged archives through the whole way from tar to EROFS: whatever the bytes are, there is an image
// or an error of our own kinds, soon, and with bounded memory.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ErofsError } from "#core/erofs/errors.ts";
import type { ErofsSink } from "#core/erofs/sink.ts";
import { ErofsWriter } from "#core/erofs/writer.ts";
import { OciError } from "#core/oci/errors.ts";
import { LayerMerge } from "#core/oci/layers/merge.ts";
import { TarReader } from "#core/oci/tar/reader.ts";
import { fuzz, fuzzRuns, fuzzSeed, type Random, randomNumbers } from "#test/support/fuzzing.ts";
import { ImageChecks } from "#test/support/imageChecks.ts";
import { MemorySink } from "#test/support/memorySink.ts";
import { paxHeader, type TarInput, tar, withChecksum } from "#test/support/tar.ts";

const runs = fuzzRuns(1);
const block = 512;
/** Images of more are made, but not looked into: holes may be as large as an archive claims. */
const maxKeptBytes = 1 << 20;
/** Every one is read by our own strict reader, and so many by fsck.erofs too. */
const fsckRuns = Math.min(200, runs / 100);

describe("fuzz: tar", () => {
  it(`survives ${runs} damaged archives`, { timeout: 600_000 }, (test) => {
    const random = randomNumbers(fuzzSeed);
    const before = process.memoryUsage().rss;
    const images = new ImageChecks(fsckRuns);
    const outcomes = fuzz(runs, () => {
      const sink = new BoundedSink();
      const outcome = convert(damaged(random), random, sink);
      if (outcome === "image" && sink.kept !== undefined) images.add(sink.kept.image());
      return outcome;
    });
    images.finish();
    const grownMb = (process.memoryUsage().rss - before) / 1e6;
    test.diagnostic(
      `${JSON.stringify(outcomes)}, ${images.count} images read, memory +${grownMb.toFixed(0)} MB`,
    );
    assert.ok(grownMb < 400, `memory grew by ${grownMb.toFixed(0)} MB`);
    assert.ok(images.count > runs / 100, "some damage is harmless");
    assert.ok((outcomes.tar ?? 0) > runs / 100, "most damage is noticed");
  });
});

function convert(archive: Uint8Array, random: Random, sink: ErofsSink): string {
  const writer = new ErofsWriter(sink, {
    uuid: new Uint8Array(16),
    buildTimeSeconds: 0,
  });
  const merge = new LayerMerge(writer);
  try {
    for (const layer of [1, 0]) {
      merge.beginLayer(layer);
      push(merge, archive, random);
      if (merge.needsSecondReading) {
        merge.beginSecondReading();
        push(merge, archive, random);
      }
    }
    for (const _ of writer.finish(merge.finish()));
    return "image";
  } catch (error) {
    if (error instanceof OciError || error instanceof ErofsError) return error.code;
    throw error;
  }
}

function push(merge: LayerMerge, archive: Uint8Array, random: Random): void {
  const reader = new TarReader(merge);
  for (let at = 0; at < archive.length; ) {
    const size = 1 + random(3000);
    reader.push(archive.subarray(at, at + size));
    at += size;
  }
  reader.finish();
}

/** Takes everything and keeps what is small. */
class BoundedSink implements ErofsSink {
  kept: MemorySink | undefined = new MemorySink();
  #bytes = 0;
  write(bytes: Uint8Array): void {
    this.#grow(bytes.length)?.write(bytes);
  }
  skip(count: number): void {
    this.#grow(count)?.skip(count);
  }
  patch(offset: number, bytes: Uint8Array): void {
    this.kept?.patch(offset, bytes);
  }
  #grow(count: number): MemorySink | undefined {
    this.#bytes += count;
    if (this.#bytes > maxKeptBytes) this.kept = undefined;
    return this.kept;
  }
}

const seeds: readonly Buffer[] = [
  [
    { path: "d", type: "5" },
    { path: "d/f", content: "hello" },
    { path: "d/h", type: "1", link: "d/f" },
    { path: "d/s", type: "2", link: "../f" },
  ],
  [
    { path: "x", type: "3", major: 1, minor: 3 },
    { path: ".wh.x" },
    { path: "d/.wh..wh..opq" },
    { path: "n".repeat(150), content: "long" },
  ],
  [
    {
      path: "p",
      content: "x",
      pax: [
        ["SCHILY.xattr.user.a", "v"],
        ["uid", "3000000"],
        ["mtime", "1.5"],
      ],
    },
    { path: "g".repeat(200), dialect: "gnu", base256: true, content: "gnu" },
  ],
  [
    {
      path: "s",
      content: "ABCDE",
      pax: [
        ["GNU.sparse.size", "5000"],
        ["GNU.sparse.map", "1000,3,1503,2"],
        ["GNU.sparse.name", "x"],
      ],
    },
    { path: "old", type: "S", dialect: "gnu", content: "" },
  ],
].map((entries) => tar(entries as TarInput[]));

function damaged(random: Random): Buffer {
  const archive = Buffer.from(seeds[random(seeds.length)] ?? []);
  const rounds = 1 + random(4);
  let result: Buffer = archive;
  for (let round = 0; round < rounds && result.length >= 2 * block; round += 1) {
    result = mutations[random(mutations.length)]?.(result, random) ?? result;
  }
  // Mostly with sums that fit, so that the damage gets past the first check.
  return random(8) === 0 ? result : withSums(result);
}

const digits = "0123456789,.-=\n \0";
const extremes = [
  "77777777777",
  "00000000000",
  "80ffffffffffffffffffffff",
  "ffffffffffffffffffffffff",
];

const mutations: readonly ((archive: Buffer, random: Random) => Buffer)[] = [
  (archive, random) => {
    archive[random(archive.length)] = random(256);
    return archive;
  },
  (archive, random) => {
    const at = random(archive.length);
    archive[at] = digits.charCodeAt(random(digits.length));
    return archive;
  },
  (archive, random) => archive.subarray(0, random(archive.length)),
  (archive, random) => {
    const cut = random(archive.length / block) * block;
    return Buffer.concat([archive.subarray(0, cut), archive.subarray(cut + block)]);
  },
  (archive, random) => {
    const from = random(archive.length / block) * block;
    const piece = archive.subarray(from, from + block * (1 + random(3)));
    const at = random(archive.length / block) * block;
    return Buffer.concat([archive.subarray(0, at), piece, archive.subarray(at)]);
  },
  (archive, random) => {
    const header = random(archive.length / block) * block;
    const field = [100, 108, 116, 124, 136, 329, 337, 386, 483][random(9)] ?? 124;
    const value = extremes[random(extremes.length)] ?? "";
    archive.set(
      Buffer.from(value, value.length > 12 ? "hex" : "latin1"),
      Math.min(header + field, archive.length - 12),
    );
    return archive;
  },
  (archive, random) => {
    const header = random(archive.length / block) * block;
    archive[header + 156] = "0123456789xgLKSDVMXA\0".charCodeAt(random(21));
    return archive;
  },
  (archive, random) => {
    const keys = ["path", "linkpath", "size", "uid", "mtime", "GNU.sparse.map", "GNU.sparse.major"];
    const values = [
      "",
      "0",
      "1",
      "-1",
      "../x",
      "/",
      "a/b",
      "99999999999",
      "1,1,2,1",
      "x".repeat(300),
    ];
    const record = [keys[random(keys.length)] ?? "", values[random(values.length)] ?? ""] as const;
    const at = random(archive.length / block) * block;
    const header = paxHeader([record], random(4) === 0 ? "g" : "x");
    return Buffer.concat([archive.subarray(0, at), header, archive.subarray(at)]);
  },
];

function withSums(archive: Buffer): Buffer {
  for (let at = 0; at + block <= archive.length; at += block) {
    const looksLikeHeader = archive.toString("latin1", at + 257, at + 262) === "ustar";
    if (looksLikeHeader) withChecksum(archive.subarray(at, at + block));
  }
  return archive;
}
