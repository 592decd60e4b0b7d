import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { prepareImage } from "#helper/image/prepare.ts";
import {
  checkImage,
  mountedListing,
  mountSkipReason,
  withoutXattrs,
} from "#test/support/erofsTools.ts";
import { type LayoutImage, writeLayout } from "#test/support/ociLayout.ts";
import { file, oddLayers } from "#test/support/oddLayers.ts";
import { tar } from "#test/support/tar.ts";

const layers = oddLayers.map((entries) => tar(entries));

describe("an OCI layout becomes an EROFS image", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-convert-"));
  const home = process.env.HOME;
  before(() => {
    process.env.HOME = join(scratch, "home");
  });
  after(() => {
    process.env.HOME = home;
    rmSync(scratch, { recursive: true, force: true });
  });

  async function convert(name: string, image: LayoutImage) {
    await writeLayout(join(scratch, name), { test: image });
    return prepareImage({
      name: `oci:./${name}:test`,
      resolution: "auto",
      insecure: false,
      projectDir: scratch,
    });
  }

  it("merges layers with everything a file can be", async (test) => {
    const stored = await convert("oddities", { layers });
    const actual = checkImage(stored.path);
    assertGolden(actual, "convert");
    test.diagnostic(`${actual.split("\n").length - 1} entries`);
  });

  it("shows the same files to the kernel", { skip: mountSkipReason }, async () => {
    const stored = await convert("mounted", { layers });
    const expected = withoutXattrs(checkImage(stored.path));
    assertSameLines(mountedListing(stored.path, join(scratch, "mount")), expected);
  });

  it("writes equal files for equal images, compressed or not", async () => {
    const gzip = await convert("gzip", { layers });
    const first = readFileSync(gzip.path);
    rmSync(join(scratch, "home"), { recursive: true });
    assert.deepEqual(readFileSync((await convert("gzip", { layers })).path), first);
    const plain = await convert("plain", { layers, compression: "none" });
    assert.notEqual(plain.digest, gzip.digest);
    assert.equal(checkImage(plain.path), checkImage(gzip.path));
  });

  it("holds ten thousand files in one directory", async () => {
    const entries = Array.from({ length: 10_000 }, (_, index) =>
      file(`many/file-${String(index).padStart(5, "0")}`, `content ${index}`),
    );
    const stored = await convert("many", { layers: [tar(entries)] });
    assert.equal(checkImage(stored.path).split("\n").length - 1, 10_002);
    if (mountSkipReason) return;
    const mounted = mountedListing(stored.path, join(scratch, "mount"));
    assertSameLines(mounted, checkImage(stored.path));
  });

  it("writes no content that a higher layer hides", async () => {
    const hidden = tar([file("hidden", Buffer.alloc(1 << 20, "h")), file("kept", "k")]);
    const stored = await convert("hidden", { layers: [hidden, tar([file(".wh.hidden", "")])] });
    assert.ok(stored.sizeBytes <= 4 * 4096, `${stored.sizeBytes} bytes`);
    checkImage(stored.path);
  });
});

/** Shows the first difference only: whole listings are too long to read. */
function assertSameLines(actual: string, expected: string): void {
  const wanted = expected.split("\n");
  for (const [index, line] of actual.split("\n").entries()) assert.equal(line, wanted[index]);
  assert.equal(actual.length, expected.length);
}

function assertGolden(actual: string, name: string): void {
  const path = join(import.meta.dirname, `${name}.golden.txt`);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, actual);
  assertSameLines(actual, readFileSync(path, "utf8"));
}
