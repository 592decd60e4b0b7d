// Images made to do harm: each ends with an error that names image and layer, or with the documented
// safe result; nothing is left in the store and nothing outside of it is touched.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { before, describe, it } from "node:test";
import { createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import type { PrepareOptions } from "#helper/image/prepare.ts";
import { readErofs } from "#test/support/erofsReader.ts";
import { checkImage } from "#test/support/erofsTools.ts";
import { imageWorld } from "#test/support/imageWorld.ts";
import { manyEntries } from "#test/support/manyFiles.ts";
import { putBlob, writeImage, writeIndex, writeLayout } from "#test/support/ociLayout.ts";
import { paxHeader, type TarInput, tar, tarEntry } from "#test/support/tar.ts";

const f = (path: string | Uint8Array, content = "x"): TarInput => ({ path, content });
const link = (path: string, target: string): TarInput => ({ path, type: "1", link: target });
const symlink = (path: string, target: string): TarInput => ({ path, type: "2", link: target });
const end = Buffer.alloc(1024);

describe("hostile images", () => {
  const world = imageWorld("hostile");
  const { scratch, layout } = world;
  before(() => {
    mkdirSync(join(scratch, "outside"));
    writeFileSync(join(scratch, "outside/victim"), "untouched");
  });

  const prepare = (options: PrepareOptions = {}) => world.prepare("oci:layout", options);
  const leftovers = () => world.cached("images").filter((name) => /staging|erofs/.test(name));
  const outsideIsUntouched = () => {
    assert.deepEqual(readdirSync(join(scratch, "outside")), ["victim"]);
    assert.equal(readFileSync(join(scratch, "outside/victim"), "utf8"), "untouched");
  };

  /** The second of two layers is the bad one: the message names it. */
  async function refuses(archive: Uint8Array, message: RegExp, options?: PrepareOptions) {
    rmSync(world.home, { recursive: true, force: true });
    await writeLayout(layout, { test: { layers: [tar([f("good")]), archive] } });
    await assert.rejects(prepare(options), (error: Error) => {
      assert.equal(error.name, "ImageError");
      assert.match(error.message, message);
      assert.match(error.message, /^oci:layout: .*layer 2 of 2 \(sha256:[0-9a-f]{64}\)/);
      return true;
    });
    assert.deepEqual(leftovers(), []);
    outsideIsUntouched();
  }

  async function listingOf(...layers: Uint8Array[]): Promise<string> {
    await writeLayout(layout, { test: { layers } });
    const listing = checkImage((await prepare()).path);
    outsideIsUntouched();
    return listing;
  }

  it("never lets a name lead out of the image", async () => {
    for (const path of ["../outside/victim", "a/../../outside/victim", "..", "/../x"]) {
      await refuses(tar([f(path)]), /leads out of the image/);
    }
    await refuses(tar([f("a"), link("b", "../outside/victim")]), /leads out of the image/);
    await refuses(tar([f("../.wh.victim", "")]), /leads out of the image/);
  });

  it("takes absolute names as names inside the image", async () => {
    const victim = join(scratch, "outside/victim");
    const listing = await listingOf(tar([f(victim, "evil"), f("/.wh.gone", "")]));
    assert.match(listing, /outside\/victim file .* size=4/);
  });

  it("follows links inside the image only, whatever they are chained to", async () => {
    const outside = join(scratch, "outside");
    const chained = [symlink("abs", outside), f("abs/victim", "evil"), link("hard", "abs/victim")];
    const listing = await listingOf(tar(chained));
    assert.match(listing, /^hard file .* size=4/m);
    assert.match(listing, /outside\/victim file .* size=4/);
    await refuses(tar([symlink("a", "../.."), f("a/outside/victim")]), /leads out of the image/);
    await refuses(tar([symlink("a", "b"), symlink("b", "a"), f("a/x")]), /too many symbolic links/);
    const chain = Array.from({ length: 41 }, (_, index) => symlink(`l${index}`, `l${index + 1}`));
    await refuses(tar([...chain, f("l0/x")]), /too many symbolic links/);
  });

  it("refuses zero bytes in names and keeps newlines", async () => {
    const pax = (value: string) => ({ path: "x", content: "", pax: [["path", value]] as const });
    await refuses(tar([pax("a\0b")]), /zero byte/);
    await refuses(tar([{ ...symlink("s", "x"), pax: [["linkpath", "a\0b"]] }]), /zero byte/);
    assert.match(await listingOf(tar([f("new\nline")])), /^new\\x0aline file/m);
  });

  it("notices wrong checksums", async () => {
    const archive = tar([f("a")]);
    archive[0] = 0x62;
    await refuses(archive, /checksum is wrong/);
  });

  it("notices sizes past the end, negative and absurd", async () => {
    await refuses(tarEntry({ path: "a", content: "x", claimedSize: 5000 }), /cut short/);
    const negative = { offset: 124, bytes: Buffer.alloc(12, 0xff) };
    await refuses(tar([{ path: "a", raw: [negative] }]), /negative size/);
    const huge = { offset: 124, bytes: Buffer.from("7fffffffffffffffffffffff", "hex") };
    await refuses(
      tar([{ path: "a", raw: [{ ...huge, bytes: withTopBit(huge.bytes) }] }]),
      /too large/,
    );
    const claims = (size: string): TarInput => ({ path: "a", content: "", pax: [["size", size]] });
    await refuses(tar([claims("-1")]), /not a number/);
    await refuses(tar([claims("99999999999999999999")]), /not a number|too large/);
    await refuses(tar([claims("1000000000000")]), /unpacks to more than 20 GiB/);
    await refuses(tar([{ ...f("a"), pax: [["uid", "99999999999"]] }]), /out of range/);
  });

  it("reads no endless extension headers", async () => {
    const large = tarEntry({ path: "p", type: "x", content: "", claimedSize: 2 ** 31 });
    await refuses(Buffer.concat([large, end]), /extension header is too large/);
    const long = tarEntry({ path: "l", type: "L", content: "", claimedSize: 1 << 20 });
    await refuses(Buffer.concat([long, end]), /extension header is too large/);
    const headers = Array.from({ length: 5 }, (_, index) =>
      paxHeader([[`comment${index}`, "x".repeat(300_000)]], "g"),
    );
    await refuses(Buffer.concat([...headers, end]), /global extension headers are too large/);
    const many = Array.from({ length: 2000 }, () => paxHeader([["path", "same"]]));
    const listing = await listingOf(Buffer.concat([...many, tar([f("a")])]));
    assert.match(listing, /^same file/m);
  });

  it("takes the last of entries with one name, a file and a directory too", async () => {
    const both = [f("a", "1"), { path: "a", type: "5" }, f("a/in"), f("a", "last")];
    const listing = await listingOf(tar(both), tar([f("other")]));
    assert.match(listing, /^a file .* size=4/m);
    assert.doesNotMatch(listing, /a\/in/);
  });

  it("refuses directories ten thousand deep, and holds those a path can name", async () => {
    await refuses(tar([f(`${"d/".repeat(10_000)}f`)]), /too long \(20001 bytes\)/);
    const deep = "d/".repeat(1000);
    // One longer through links, which cannot be told from the length of a name.
    await refuses(tar([symlink("s", deep), f(`s/${deep}s/${deep}${deep}f`)]), /too long/);
    await writeLayout(layout, { test: { layers: [tar([f(`${deep}f`)])] } });
    // fsck.erofs itself does not survive such a depth.
    assert.equal(readErofs(readFileSync((await prepare()).path)).size, 1002);
  });

  it("holds an inode with 70,000 names", async () => {
    const links = manyEntries(70_000, { path: "", type: "1", link: "a" }, (index) => `l${index}`);
    const listing = await listingOf(Buffer.concat([tarEntry(f("a")), ...links]));
    assert.match(listing, /^a file .* links=70001/m);
  });

  it("holds many links to one name of another layer, and refuses a search without end", async () => {
    const links = (count: number) =>
      Buffer.concat([
        ...manyEntries(count, { path: "", type: "1", link: "t" }, (index) => `l${index}`),
        end,
      ]);
    assert.match(await listingOf(tar([f("t")]), links(8_000)), /^t file .* links=8001/m);
    const again = Buffer.concat([...manyEntries(8_000, f("t"), () => "t"), end]);
    await writeLayout(layout, { test: { layers: [again, links(8_000)] } });
    await assert.rejects(prepare(), {
      code: "layer",
      message: /layer 1 of 2 .* take too long to follow/,
    });
  });

  it("notices a blob that is not what its digest or size says", async () => {
    const written = await writeImage(layout, { layers: [tar([f("a")])], compression: "none" });
    await writeIndex(layout, { test: written });
    const blobs = join(layout, "blobs/sha256");
    const manifest = JSON.parse(
      readFileSync(join(blobs, written.digest.slice("sha256:".length)), "utf8"),
    ) as { layers: [{ digest: string }] };
    const blob = join(blobs, manifest.layers[0].digest.slice("sha256:".length));
    for (const [content, message] of [
      [tar([f("b")]), /is damaged: it is sha256:/],
      [Buffer.alloc(10), /has 10 bytes instead of/],
      [Buffer.alloc(9000), /is longer than the/],
    ] as const) {
      writeFileSync(blob, content);
      await assert.rejects(prepare(), (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /^oci:layout: layer 1 of 1/);
        return true;
      });
      assert.deepEqual(leftovers(), []);
    }
  });

  it("stops a gzip bomb at the limit, with bounded memory", async () => {
    const rssBefore = process.memoryUsage().rss;
    const megabyte = gzipSync(Buffer.alloc(1 << 20));
    const start = gzipSync(tarEntry({ path: "bomb", content: "", claimedSize: 2 ** 31 }));
    const bomb = Buffer.concat([start, ...Array.from({ length: 2048 }, () => megabyte)]);
    // Hidden, so that its claim to be large is not what stops it.
    const layers = [bomb, gzipSync(tar([f(".wh.bomb", "")]))];
    await writeLayout(layout, { test: { layers, compression: "none" } });
    await assert.rejects(prepare({ maxBytes: 200e6 }), /layer 1 of 2 .*unpacks to more than/);
    assert.deepEqual(leftovers(), []);
    const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
    assert.ok(grownMb < 150, `memory grew by ${grownMb.toFixed(0)} MB`);
  });

  it("stops zstd bombs of one frame and of many at the limit, with bounded memory", async () => {
    const rssBefore = process.memoryUsage().rss;
    const start = tarEntry({ path: "bomb", content: "", claimedSize: 2 ** 31 });
    const megabyte = zstdCompressSync(Buffer.alloc(1 << 20));
    const frames = [zstdCompressSync(start), ...Array.from({ length: 512 }, () => megabyte)];
    for (const bomb of [await oneFrame(start, 512), Buffer.concat(frames)]) {
      assert.ok(bomb.length < 1 << 20, "it is small");
      const layers = [bomb, gzipSync(tar([f(".wh.bomb", "")]))];
      await writeLayout(layout, { test: { layers, compression: "none" } });
      await assert.rejects(prepare({ maxBytes: 100e6 }), /layer 1 of 2 .*unpacks to more than 95/);
      assert.deepEqual(leftovers(), []);
    }
    const grownMb = (process.memoryUsage().rss - rssBefore) / 1e6;
    assert.ok(grownMb < 150, `memory grew by ${grownMb.toFixed(0)} MB`);
  });

  it("refuses an index that points at itself", async () => {
    // A digest cannot be in what it is the digest of, so the blob is a lie; it must not be followed.
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const digest = `sha256:${"a".repeat(64)}`;
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [{ mediaType, digest, size: 300 }],
    });
    await putBlob(layout, mediaType, Buffer.from("x"));
    writeFileSync(join(layout, "blobs/sha256", "a".repeat(64)), text.padEnd(300));
    await writeIndex(layout, { test: { mediaType, digest, size: 300 } });
    await assert.rejects(prepare(), /^ImageError: oci:layout: .*is damaged/);
    assert.deepEqual(leftovers(), []);
  });
});

function withTopBit(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = 0x80;
  copy[1] = 0x7f;
  return copy;
}

/** A zstd frame of a beginning and so many megabytes of zeros. */
async function oneFrame(start: Buffer, megabytes: number): Promise<Buffer> {
  const zeros = Buffer.alloc(1 << 20);
  const content = Readable.from([start, ...Array.from({ length: megabytes }, () => zeros)]);
  return await buffer(content.pipe(createZstdCompress()));
}
