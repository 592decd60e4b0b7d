// The largest memory of a process that converts an image, whatever the image: 200 MB. The process is
// bundled as the product is, since removing types takes memory of its own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, type Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { after, afterEach, before, describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { constants, createGzip, createZstdCompress } from "node:zlib";
import { build } from "esbuild";
import { startFakeRegistry } from "#test/support/fakeRegistry.ts";
import { manyEntries } from "#test/support/manyFiles.ts";
import { writeImage } from "#test/support/ociLayout.ts";
import { saveImage } from "#test/support/savedArchive.ts";
import { tar, tarEntry } from "#test/support/tar.ts";
import { bundleOptions } from "../../../../scripts/build.ts";

const limitMb = 200;
const refusal = /more files, names and links than fit into 34 MB of memory$/;
const file = { path: "", content: "" };

type Case = {
  readonly what: string;
  readonly make: () => Iterable<Buffer>;
  readonly outcome: RegExp;
  readonly compress?: () => Transform;
};

const cases: readonly Case[] = [
  {
    what: "700,000 files",
    make: () => manyEntries(700_000, file, (index) => `usr/lib/d${index >> 7}/file-${index}`),
    outcome: /^image$/,
  },
  {
    what: "five million files, which it refuses",
    make: () => manyEntries(5_000_000, file, (index) => `d${index >> 7}/file-${index}`),
    outcome: refusal,
  },
  {
    what: "700,000 files in one directory",
    make: () => manyEntries(700_000, file, (index) => `file-${index}`),
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
  { what: "a file of 2 GB", make: () => largeFile(2048), outcome: /^image$/ },
  {
    what: "zstd with the largest window that is taken",
    make: () => largeFile(192),
    compress: () => zstd(25),
    outcome: /^image$/,
  },
  {
    what: "zstd with a larger window that is filled, which it refuses",
    make: () => largeFile(192),
    compress: () => zstd(26),
    outcome: /its zstd data asks for a window of 64 MiB, of which 40 MiB may be filled/,
  },
  {
    what: "zstd with a larger window that is not filled",
    make: () => largeFile(38),
    compress: () => zstd(27),
    outcome: /^image$/,
  },
  {
    what: "many names below the largest window, which it refuses",
    make: () => manyEntries(700_000, file, (index) => `file-${index}`),
    compress: () => zstd(25),
    outcome: refusal,
  },
];

describe("memory of a conversion", { timeout: 600_000 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-memory-"));
  const [converts, prepares] = [join(scratch, "convert.mjs"), join(scratch, "prepare.mjs")];
  before(async () => {
    await build({
      ...bundleOptions,
      entryPoints: ["convert", "prepare"].map((name) => ({
        in: join(import.meta.dirname, `${name}.child.ts`),
        out: name,
      })),
      outdir: scratch,
      // They wait at their top level.
      format: "esm",
      outExtension: { ".js": ".mjs" },
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  const check = async (test: TestContext, args: string[], outcome: RegExp, env = process.env) => {
    const run = promisify(execFile)(process.execPath, args, { env, cwd: scratch });
    const told = JSON.parse((await run).stdout) as { maxRssMb: number; outcome: string };
    test.diagnostic(`${told.maxRssMb.toFixed(0)} MB`);
    assert.match(told.outcome, outcome);
    assert.ok(told.maxRssMb < limitMb, `${told.maxRssMb.toFixed(0)} MB`);
  };

  for (const { what, make, outcome, compress = () => createGzip({ level: 1 }) } of cases) {
    it(`stays below ${limitMb} MB for ${what}`, async (test) => {
      const layer = join(scratch, "layer");
      await pipeline(Readable.from(make()), compress(), createWriteStream(layer));
      await check(test, [converts, layer, await digestOf(layer)], outcome);
    });
  }

  describe("that fetches", () => {
    const layers = ["a", "b", "c"].map((path) => tar([{ path, content: randomBytes(48 << 20) }]));
    const home = join(scratch, "home");
    afterEach(() => rmSync(home, { recursive: true, force: true }));

    const fetches: Record<string, () => Promise<Buffer[]>> = {
      "three downloads at once": async () => layers,
      "the largest window of zstd beside downloads": async () => {
        const noise = tarEntry({ path: "noise", content: randomBytes(96 << 20) });
        const files = manyEntries(150_000, file, (index) => `usr/lib/d${index >> 7}/file-${index}`);
        const whole = Readable.from([noise, ...files]).pipe(zstd(25));
        return [...layers.slice(1), await buffer(whole)];
      },
      "700,000 files beside downloads": async () => {
        const files = manyEntries(700_000, file, (index) => `usr/lib/d${index >> 7}/file-${index}`);
        const whole = Readable.from(files).pipe(createGzip({ level: 1 }));
        return [...layers.slice(1), await buffer(whole)];
      },
    };
    for (const [what, make] of Object.entries(fetches)) {
      it(`stays below ${limitMb} MB with ${what}`, async (test) => {
        const layout = mkdtempSync(join(scratch, "layout-"));
        // They are compressed already.
        const image = { layers: await make(), compression: "none" } as const;
        const fake = await startFakeRegistry(layout, (await writeImage(layout, image)).digest);
        try {
          const args = [prepares, `${fake.host}/team/app:1`, "registry"];
          await check(test, args, /^image$/, { ...process.env, HOME: home });
        } finally {
          fake.stop();
        }
      });
    }

    it(`stays below ${limitMb} MB with an export of Docker`, async (test) => {
      const { archive, configDigest } = saveImage("oci", { layers });
      const server = createServer(({ url = "" }, response) => {
        response.end(url.endsWith("/get") ? archive : JSON.stringify({ Id: configDigest }));
      });
      const socket = join(scratch, "docker.sock");
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      try {
        const env = { ...process.env, HOME: home, DOCKER_HOST: `unix://${socket}` };
        await check(test, [prepares, "app:1", "docker"], /^image$/, env);
      } finally {
        server.close();
      }
    });
  });
});

function zstd(windowLog: number): Transform {
  return createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: 1,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_windowLog]: windowLog,
    },
  });
}

function* hardLinks(): Generator<Buffer, void> {
  yield tarEntry({ path: "target", content: "x" });
  yield* manyEntries(100_000, { path: "", type: "1", link: "target" }, (index) => `link-${index}`);
}

function* largeFile(megabytes: number): Generator<Buffer, void> {
  yield tarEntry({ path: "big", content: "", claimedSize: megabytes * 2 ** 20 });
  const piece = Buffer.alloc(1 << 20, createHash("sha256").update("x").digest());
  for (let count = 0; count < megabytes; count += 1) yield piece;
  yield Buffer.alloc(1024);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}
