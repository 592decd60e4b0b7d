// Records what a real daemon says of an image and what it exports, for test/fixtures/saved:
//
//     node scripts/test/recordSave.ts <name> <socket of Docker or Podman> <gzip | zstd | index | load>
//
// The image comes to the daemon from a registry, with such layers or below an index of two platforms, or
// as an archive.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import Docker from "dockerode";
import {
  type LayoutCompression,
  writeImage,
  writeIndex,
  writeNestedIndex,
} from "#test/support/ociLayout.ts";
import { savedLayers, savesDirectory } from "#test/support/recordedSaves.ts";
import { startRegistry } from "#test/support/registry.ts";
import { saveImage } from "#test/support/savedArchive.ts";

const [name = "", socketPath = "", how = ""] = process.argv.slice(2);
const reference = "localhost/recorded:1";
const docker = new Docker({ socketPath, host: undefined, protocol: "http" });

if (how === "load") await load();
else await pull();
const image = docker.getImage(reference);
const { Id, Os, Architecture, Size } = await image.inspect();
const { Version, ApiVersion } = await docker.version();
const archive = await buffer(await image.get());
await image.remove();
const told = {
  daemon: `${Version}, API ${ApiVersion}`,
  how,
  inspect: { Id, Os, Architecture, Size },
};
mkdirSync(savesDirectory, { recursive: true });
writeFileSync(join(savesDirectory, `${name}.json`), `${JSON.stringify(told, undefined, 2)}\n`);
writeFileSync(join(savesDirectory, `${name}.tar.gz`), gzipSync(archive, { level: 9 }));
console.log(`${name}: ${archive.length} bytes of ${told.daemon}`);

async function load(): Promise<void> {
  const { archive } = saveImage("podman", { layers: savedLayers, tags: [reference] });
  good(await text(await docker.loadImage(Readable.from([archive]), { quiet: true })));
}

async function pull(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-record-"));
  const registry = await startRegistry();
  try {
    await writeLayout(join(scratch, "layout"));
    await registry.push(join(scratch, "layout"), "test", "recorded:1");
    const remote = `${registry.host}/recorded:1`;
    good(await text(await docker.pull(remote)));
    await docker.getImage(remote).tag({ repo: "localhost/recorded", tag: "1" });
    await docker.getImage(remote).remove();
  } finally {
    await registry.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function writeLayout(layout: string): Promise<void> {
  const compression: LayoutCompression = how === "zstd" ? "zstd" : "gzip";
  const of = (architecture: string) =>
    writeImage(layout, { layers: savedLayers, compression, architecture });
  const test =
    how === "index"
      ? await writeNestedIndex(layout, [await of("arm64"), await of("amd64")])
      : await of("amd64");
  await writeIndex(layout, { test });
}

function good(answer: string): void {
  // Errors come in the body of a successful answer.
  assert.ok(!answer.includes('"error"'), answer);
}
