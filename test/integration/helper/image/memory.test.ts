// The largest memory of a process that converts an image, whatever the image: 200 MB. The process is
// bundled as the product is, since removing types takes memory of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { createGzip } from "node:zlib";
import { build } from "esbuild";
import { manyEntries } from "#test/support/manyFiles.ts";
import { tarEntry } from "#test/support/tar.ts";

const limitMb = 200;
const refusal = /more files, names and links than fit into 64 MB of memory$/;
const file = { path: "", content: "" };

type Case = {
  readonly what: string;
  readonly make: () => Iterable<Buffer>;
  readonly outcome: RegExp;
};

const cases: readonly Case[] = [
  {
    what: "1,200,000 files",
    make: () => manyEntries(1_200_000, file, (index) => `usr/lib/d${index >> 7}/file-${index}`),
    outcome: /^image$/,
  },
  {
    what: "five million files, which it refuses",
    make: () => manyEntries(5_000_000, file, (index) => `d${index >> 7}/file-${index}`),
    outcome: refusal,
  },
  {
    what: "a million files in one directory",
    make: () => manyEntries(1_000_000, file, (index) => `file-${index}`),
    outcome: /^image$/,
  },
  {
    what: "names as long as they may be, without end",
    make: () => manyEntries(1_000_000, file, (index) => `${index}`.padEnd(98, "n")),
    outcome: refusal,
  },
  {
    what: "directories without end",
    make: () => manyEntries(2_000_000, { path: "", type: "5" }, (index) => `d${index}`),
    outcome: refusal,
  },
  {
    what: "symbolic links without end",
    make: () =>
      manyEntries(2_000_000, { path: "", type: "2", link: "x".repeat(90) }, (index) => `s${index}`),
    outcome: refusal,
  },
  {
    what: "hard links to nothing, without end",
    make: () =>
      manyEntries(2_000_000, { path: "", type: "1", link: "x".repeat(90) }, (index) => `l${index}`),
    outcome: refusal,
  },
  { what: "one inode with 100,000 names", make: hardLinks, outcome: /^image$/ },
  { what: "a file of 2 GB", make: largeFile, outcome: /^image$/ },
];

describe("memory of a conversion", { timeout: 600_000 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-memory-"));
  const bundle = join(scratch, "child.mjs");
  before(async () => {
    await build({
      entryPoints: [join(import.meta.dirname, "convert.child.ts")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "error",
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const { what, make, outcome } of cases) {
    it(`stays below ${limitMb} MB for ${what}`, async (test) => {
      const layer = join(scratch, "layer");
      await pipeline(Readable.from(make()), createGzip({ level: 1 }), createWriteStream(layer));
      const run = promisify(execFile)(process.execPath, [bundle, layer, await digestOf(layer)]);
      const told = JSON.parse((await run).stdout) as { maxRssMb: number; outcome: string };
      test.diagnostic(`${told.maxRssMb.toFixed(0)} MB`);
      assert.match(told.outcome, outcome);
      assert.ok(told.maxRssMb < limitMb, `${told.maxRssMb.toFixed(0)} MB`);
    });
  }
});

function* hardLinks(): Generator<Buffer, void> {
  yield tarEntry({ path: "target", content: "x" });
  yield* manyEntries(100_000, { path: "", type: "1", link: "target" }, (index) => `link-${index}`);
}

function* largeFile(): Generator<Buffer, void> {
  yield tarEntry({ path: "big", content: "", claimedSize: 2 ** 31 });
  const piece = Buffer.alloc(1 << 20, createHash("sha256").update("x").digest());
  for (let count = 0; count < 2048; count += 1) yield piece;
  yield Buffer.alloc(1024);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}
