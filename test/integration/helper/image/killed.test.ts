// A process that is killed while an image comes in: what the next one finds, uses and clears away.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import Docker from "dockerode";
import type { ImageRequest } from "#helper/image/prepare.ts";
import { until } from "#test/support/cli.ts";
import { type Dockerd, dockerdSkipReason, startDockerd } from "#test/support/dockerd.ts";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { noise } from "#test/support/multiLayer.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import {
  freePort,
  registrySkipReason,
  slowLine,
  startRegistry,
  type TestRegistry,
} from "#test/support/registry.ts";
import { saveImage } from "#test/support/savedArchive.ts";
import { tar } from "#test/support/tar.ts";

const layers = [0, 1, 2].map((n) =>
  tar([{ path: `file${n}`, content: noise(6 << 20, `layer ${n}`) }]),
);
const totalBytes = layers.reduce((sum, { length }) => sum + length, 0);
/** Two seconds for all of it, over a connection for each layer. */
const pace = { bytes: 64 << 10, pauseMs: 20 };

describe("a process that is killed", () => {
  const world = imageWorld("killed");
  const cache = (directory: string) => join(world.home, ".cache/airlock", directory);

  /** Runs a pull in a process of its own until so much of it lies in a directory of the cache. */
  const killWhen = async (request: Partial<ImageRequest>, directory: string, bytes: number) => {
    const whole = { resolution: "registry", insecure: true, projectDir: world.scratch, ...request };
    const script = `
      import { prepareImage } from "#helper/image/prepare.ts";
      await prepareImage(${JSON.stringify(whole)});
      process.exit(7);`;
    const flags = ["--input-type=module-typescript", "-e", script];
    const cwd = join(import.meta.dirname, "../../../..");
    const child = spawn(process.execPath, flags, { cwd, stdio: "inherit" });
    const exit = once(child, "exit");
    await until(() => sizeOf(cache(directory)) >= bytes || child.exitCode !== null);
    child.kill("SIGKILL");
    assert.deepEqual(await exit, [null, "SIGKILL"]);
    assert.deepEqual(
      world.cached("images").filter((name) => name.endsWith(".json")),
      [],
    );
  };
  /** Nothing is left but the image. */
  const isTidy = (digest: string) => {
    const hex = digest.slice("sha256:".length);
    assert.deepEqual(world.cached("images").sort(), [`${hex}.erofs`, `${hex}.json`]);
    assert.deepEqual([...world.cached("blobs"), ...world.cached("imports")], []);
    assert.deepEqual(
      world.cached("pulls").filter((name) => !name.endsWith(".lock")),
      [],
    );
  };

  describe("in a download", { skip: registrySkipReason() }, () => {
    let registry: TestRegistry;
    before(async () => {
      registry = await startRegistry();
    });
    after(() => registry.stop());

    it("leaves what came in to the next one, which fetches only the rest", async () => {
      const { app } = await writeLayout(world.layout, { app: { layers } });
      await registry.push(world.layout, "app", "team/app:1");
      const line = await slowLine(registry.host, pace);
      try {
        // Less than a layer, which is taken out of there when it is whole.
        const keptBytes = 3 << 20;
        await killWhen({ name: `${line.host}/team/app:1` }, "blobs", keptBytes);
        const sentBefore = line.sentBytes;
        const request = { resolution: "registry", insecure: true } as const;
        const image = await world.prepare(`${line.host}/team/app:1`, {}, request);
        assert.equal(image.digest, app?.digest);
        assert.deepEqual(Object.keys(filesOf(image.path)).sort(), ["file0", "file1", "file2"]);
        const fetched = line.sentBytes - sentBefore;
        assert.ok(fetched < totalBytes - keptBytes + (1 << 20), `${fetched} bytes came again`);
        isTidy(image.digest);
      } finally {
        line.stop();
      }
    });
  });

  describe("in an export of Docker", { skip: dockerdSkipReason }, () => {
    const host = process.env.DOCKER_HOST;
    let dockerd: Dockerd;
    let port: number;
    before(async () => {
      port = await freePort();
      dockerd = await startDockerd(["-H", `tcp://127.0.0.1:${port}`]);
    });
    after(async () => {
      if (host === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = host;
      await dockerd.stop();
    });

    it("leaves nothing that the next one does not clear away", async () => {
      const { archive } = saveImage("podman", { layers, tags: ["app:1"] });
      const { socketPath } = dockerd;
      const docker = new Docker({ socketPath, host: undefined, protocol: "http" });
      await text(await docker.loadImage(Readable.from([archive]), { quiet: true }));
      const line = await slowLine(`127.0.0.1:${port}`, pace);
      try {
        process.env.DOCKER_HOST = `tcp://${line.host}`;
        await killWhen({ name: "app:1", resolution: "docker" }, "imports", 8 << 20);
        assert.equal(world.cached("imports").length, 1);
        const image = await world.prepare("app:1", {}, { resolution: "docker" });
        assert.deepEqual(Object.keys(filesOf(image.path)).sort(), ["file0", "file1", "file2"]);
        isTidy(image.digest);
      } finally {
        line.stop();
      }
    });
  });
});

/** What the files of a directory hold, all together. */
function sizeOf(directory: string): number {
  if (!existsSync(directory)) return 0;
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.reduce((sum, name) => {
    const stats = statSync(join(directory, name), { throwIfNoEntry: false });
    return sum + (stats?.isFile() ? stats.size : 0);
  }, 0);
}
