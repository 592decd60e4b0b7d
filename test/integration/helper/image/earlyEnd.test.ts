// A layer whose compressed data ends before the blob does: what it unpacks to is whole, and so the
// digest of the blob is all that shows that it is another one.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { startFakeRegistry } from "#test/support/fakeRegistry.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { sha256, writeImage, writeIndex } from "#test/support/ociLayout.ts";
import { saveImage } from "#test/support/savedArchive.ts";
import { tar } from "#test/support/tar.ts";

const blobBytes = 3 << 20;

/** A layer of the size that all of them have, whatever is in it. */
function padded(content: string, compress: (bytes: Uint8Array) => Buffer): Buffer {
  const data = compress(tar([{ path: "file", content }]));
  return Buffer.concat([data, Buffer.alloc(blobBytes - data.length)]);
}

const good = padded("good", gzipSync);
const evil = padded("evil", gzipSync);

describe("a layer that ends early", () => {
  const { scratch, layout, prepare, cached } = imageWorld("early");
  const refuses = async (attempt: Promise<unknown>) => {
    await assert.rejects(attempt, { code: "digest", message: /layer 1 of 1.*is damaged/ });
    assert.deepEqual(cached("images"), []);
  };
  const blobPath = (bytes: Uint8Array) =>
    join(layout, "blobs/sha256", sha256(bytes).slice("sha256:".length));

  it("is checked to its end in a layout", async () => {
    const image = await writeImage(layout, { layers: [good], compression: "none" });
    await writeIndex(layout, { test: image });
    writeFileSync(blobPath(good), evil);
    await refuses(prepare());
    writeFileSync(blobPath(good), good);
    assert.deepEqual(filesOf((await prepare()).path), { file: "good" });
  });

  it("is checked to its end when it comes from a registry, also as it comes in", async () => {
    const image = await writeImage(layout, { layers: [good], compression: "none" });
    const fake = await startFakeRegistry(layout, image.digest);
    try {
      const pull = () =>
        prepare(`${fake.host}/team/app:1`, {}, { resolution: "registry", insecure: true });
      fake.spoil = ({ url }, response) => {
        if (!url.endsWith(sha256(good))) return false;
        response.writeHead(200, { "content-length": evil.length });
        // All that is unpacked comes first, and the rest when that was read.
        response.write(evil.subarray(0, 1 << 20));
        setTimeout(() => response.end(evil.subarray(1 << 20)), 500);
        return true;
      };
      await refuses(pull());
      fake.spoil = () => false;
      assert.deepEqual(filesOf((await pull()).path), { file: "good" });
    } finally {
      fake.stop();
    }
  });

  it("is checked to its end in an archive of Docker", async () => {
    const { entries } = saveImage("oci", { layers: [good] });
    const name = "docker-archive:image.tar";
    const file = join(scratch, "image.tar");
    const spoilt = entries.map((entry) =>
      entry.content === good ? { ...entry, content: evil } : entry,
    );
    writeFileSync(file, tar(spoilt));
    await refuses(prepare(name));
    writeFileSync(file, gzipSync(tar(spoilt)));
    await refuses(prepare(name));
  });

  it("is refused when its padding is more than zeros, even where its digest is right", async () => {
    for (const compress of [gzipSync, zstdCompressSync]) {
      const layer = padded("good", compress);
      layer[blobBytes - 1] = 1;
      const image = await writeImage(layout, { layers: [layer], compression: "none" });
      await writeIndex(layout, { test: image });
      await assert.rejects(prepare(), { code: "layer" });
      assert.deepEqual(cached("images"), []);
    }
  });
});
