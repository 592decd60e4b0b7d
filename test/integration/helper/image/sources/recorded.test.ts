// What real daemons of several versions export, as an archive and as a stream: the formats that
// test/support/savedArchive.ts makes are only as right as what they were made after.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { filesOf, imageWorld } from "#test/support/imageWorld.ts";
import { type RecordedSave, recordedSaves, savedFiles } from "#test/support/recordedSaves.ts";

const skip = process.arch === "arm64" && "the recorded images are for amd64";
const saves = recordedSaves();

describe("what real daemons export", { skip }, () => {
  // Paths of sockets are limited to 107 bytes.
  const { scratch, prepare, cached } = imageWorld("rec");
  const servers: Server[] = [];
  afterEach(() => {
    delete process.env.DOCKER_HOST;
    for (const server of servers.splice(0)) server.close();
  });

  const serve = async ({ inspect, archive }: RecordedSave) => {
    const server = createServer(({ url = "" }, response) => {
      if (url.endsWith("/get")) response.end(archive);
      else response.end(JSON.stringify(inspect));
    });
    const path = join(scratch, "s");
    await new Promise<void>((resolve) => server.listen(path, resolve));
    servers.push(server);
    process.env.DOCKER_HOST = `unix://${path}`;
  };

  it("was recorded of Docker 20 and 26, of both stores, and of Podman", () => {
    const names = saves.map(({ name }) => name).sort();
    const stores = ["gzip", "index", "zstd"].map((layers) => `docker-26-containerd-${layers}`);
    assert.deepEqual(names, ["docker-20", "docker-26", ...stores, "podman-5"]);
  });

  for (const save of saves) {
    it(`is read from the daemon and from a file: ${save.name}`, async () => {
      await serve(save);
      const exported = await prepare("recorded:1", {}, { resolution: "docker" });
      assert.equal(exported.digest, save.inspect.Id);
      assert.deepEqual(filesOf(exported.path), savedFiles);
      writeFileSync(join(scratch, "save.tar"), save.archive);
      for (const suffix of ["", ":localhost/recorded:1"]) {
        const read = await prepare(`docker-archive:save.tar${suffix}`);
        assert.deepEqual(filesOf(read.path), savedFiles);
      }
      assert.deepEqual(cached("imports"), []);
    });
  }

  for (const save of saves.filter(({ name }) => name.startsWith("docker-26"))) {
    it(`is an OCI layout, too: ${save.name}`, async () => {
      writeFileSync(join(scratch, "save.tar"), save.archive);
      const read = await prepare("oci-archive:save.tar:1");
      assert.deepEqual(filesOf(read.path), savedFiles);
    });
  }
});
