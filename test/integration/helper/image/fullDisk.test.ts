// A disk that becomes full wherever an image is on its way: real file systems of one or two megabytes.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { ImageRequest } from "#helper/image/prepare.ts";
import { startFakeRegistry } from "#test/support/fakeRegistry.ts";
import { imageWorld } from "#test/support/imageWorld.ts";
import { noise } from "#test/support/multiLayer.ts";
import { writeImage, writeLayout } from "#test/support/ociLayout.ts";
import { saveImage } from "#test/support/savedArchive.ts";
import { tar } from "#test/support/tar.ts";

const layers = [tar([{ path: "big", content: noise(3 << 20, "big") }])];

describe("a full disk", { skip: skipReason() }, () => {
  const { scratch, home, layout, prepare, cached } = imageWorld("full");
  const cache = join(home, ".cache/airlock");

  /** The image cannot be had, the message says why, and the disk is as empty as before. */
  const refuses = async (
    directory: string,
    megabytes: number,
    name: string,
    request: Partial<ImageRequest> = {},
  ) => {
    const disk = join(cache, directory);
    mkdirSync(disk, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk]);
    try {
      const message = /the disk is full/;
      await assert.rejects(prepare(name, {}, request), { code: "disk-full", message });
      for (const place of ["images", "blobs", "imports"])
        assert.deepEqual(cached(place), [], place);
    } finally {
      execFileSync("umount", [disk]);
    }
  };

  it("is told while the image is being written", async () => {
    await writeLayout(layout, { app: { layers } });
    await refuses("images", 1, "oci:layout");
  });

  it("is told while layers of a registry come in, or when the image has no room beside them", async () => {
    const { digest } = await writeImage(layout, { layers });
    const fake = await startFakeRegistry(layout, digest);
    try {
      const request = { resolution: "registry", insecure: true } as const;
      await refuses("blobs", 1, `${fake.host}/team/app:1`, request);
      await refuses("", 5, `${fake.host}/team/app:1`, request);
    } finally {
      fake.stop();
    }
  });

  it("is told while a compressed archive is being unpacked", async () => {
    writeFileSync(join(scratch, "image.tar"), gzipSync(saveImage("oci", { layers }).archive));
    await refuses("imports", 1, "docker-archive:image.tar");
    await refuses("", 5, "docker-archive:image.tar");
  });

  it("is told while a daemon exports", async () => {
    const { archive, configDigest } = saveImage("oci", { layers });
    const server = createServer(({ url = "" }, response) => {
      response.end(url.endsWith("/get") ? archive : JSON.stringify({ Id: configDigest }));
    });
    const socket = join(scratch, "s");
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const saved = process.env.DOCKER_HOST;
    try {
      process.env.DOCKER_HOST = `unix://${socket}`;
      await refuses("imports", 1, "app:1", { resolution: "docker" });
    } finally {
      if (saved === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = saved;
      server.close();
    }
  });
});

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return "mounting a small file system needs root";
  return spawnSync("unshare", ["-m", "true"]).status === 0 ? false : "mounting is not allowed here";
}
