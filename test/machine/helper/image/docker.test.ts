// An image that exists nowhere but in a Docker daemon, as the root of a sandbox.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import Docker from "dockerode";
import { cliWorld, smallMachine } from "#test/support/cli.ts";
import { dockerdSkipReason, startDockerd } from "#test/support/dockerd.ts";

const baseBlobs = join(import.meta.dirname, "../../../../dist/images/base/blobs/sha256");

test("a sandbox starts from an image that docker import made", {
  timeout: 180_000,
  skip: dockerdSkipReason,
}, async (t) => {
  const dockerd = await startDockerd();
  t.after(() => dockerd.stop());
  const docker = new Docker({ socketPath: dockerd.socketPath });
  const imported = await docker.importImage(Readable.from([baseLayer()]), {
    repo: "team/tools",
    tag: "1",
    changes: "ENV TEAM=blue",
  });
  await text(imported);
  const image = '{ name = "team/tools:1", resolution = "docker" }';
  const world = cliWorld({ "airlock.toml": smallMachine.replace('"embedded:base"', image) });
  t.after(() => world.dispose());
  const env = { DOCKER_HOST: `unix://${dockerd.socketPath}` };
  const script = 'echo "$TEAM" && sh -c "exit 7"';
  const { code, stdout, stderr } = await world.run(["-q", "start", "--", "sh", "-c", script], {
    env,
  });
  assert.equal(stdout, "blue\n", stderr);
  assert.equal(code, 7);
  const listed = await world.run(["image", "ls", "--json"]);
  const [stored] = JSON.parse(listed.stdout) as { digest: string; source: string }[];
  assert.equal(stored?.source, "docker");
  assert.equal(stored.digest, (await docker.getImage("team/tools:1").inspect()).Id);
});

function baseLayer(): Buffer {
  const blobs = readdirSync(baseBlobs).map((name) => readFileSync(join(baseBlobs, name)));
  const layer = blobs.find((blob) => blob[0] === 0x1f && blob[1] === 0x8b);
  assert.ok(layer, "the embedded image is built");
  return gunzipSync(layer);
}
