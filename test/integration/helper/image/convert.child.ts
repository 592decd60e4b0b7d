// Converts one layer in a process of its own and prints its largest memory: node convert.child.ts <case> <directory>
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { convertLayers } from "#helper/image/convert.ts";
import { FileSink } from "#helper/image/fileSink.ts";
import { manyEntries, measure } from "#test/support/manyFiles.ts";
import { tarEntry } from "#test/support/tar.ts";

const name = process.argv[2] ?? "";
const directory = process.argv[3] ?? "";
const count = Number(process.argv[4] ?? 0);

const cases: Record<string, () => Iterable<Buffer>> = {
  empty: () => manyEntries(1, { path: "", content: "" }, () => "only"),
  files: () =>
    manyEntries(
      count,
      { path: "", content: "" },
      (index) => `usr/lib/d${index >> 7}/file-${index}`,
    ),
  directories: () => manyEntries(count, { path: "", type: "5" }, (index) => `d${index}`),
  links: () => hardLinks(count),
  gzip: () => [gzipOfOneFile(count)],
};

const make = cases[name];
if (make === undefined) throw new Error(`no case ${name}`);
const { digest, size } = measure(make());
const descriptor = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size };
const handle = await open(join(directory, "image"), "w");
let outcome = "image";
try {
  const sink = new FileSink(handle);
  const openLayer = async () => pieces(make());
  await convertLayers(
    {
      source: { name: "oci", find: async () => [], openDocument: openLayer, openLayer },
      layers: [descriptor],
      digest: `sha256:${"0".repeat(64)}`,
      createdSeconds: 0,
      maxBytes: 20e9,
      signal: new AbortController().signal,
      onBytes: () => undefined,
    },
    sink,
  );
  await sink.finish();
} catch (error) {
  outcome = error instanceof Error ? error.message : String(error);
} finally {
  await handle.close();
}
const maxRssMb = process.resourceUsage().maxRSS / 1000;
console.log(JSON.stringify({ maxRssMb, outcome, seconds: process.uptime() }));

async function* pieces(parts: Iterable<Buffer>) {
  for (const part of parts) {
    yield part;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function* hardLinks(total: number): Generator<Buffer, void> {
  yield tarEntry({ path: "target", content: "x" });
  yield* manyEntries(total, { path: "", type: "1", link: "target" }, (index) => `link-${index}`);
}

function gzipOfOneFile(megabytes: number): Buffer {
  // Members may follow one another, so one compressed piece serves for all.
  const piece = gzipSync(Buffer.alloc(1 << 20, createHash("sha256").update("x").digest()), {
    level: 1,
  });
  const start = gzipSync(tarEntry({ path: "big", content: "", claimedSize: megabytes << 20 }));
  const end = gzipSync(Buffer.alloc(1024));
  return Buffer.concat([start, ...Array.from({ length: megabytes }, () => piece), end]);
}
