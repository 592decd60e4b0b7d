// An image of a registry on loopback boots; another one is asked about.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startEventSchema } from "#shared/protocol/status.ts";
import { cliWorld } from "../../support/cli.ts";
import { registrySkipReason, slowLine, startRegistry } from "../../support/registry.ts";

const base = join(import.meta.dirname, "../../../dist/images/base");

test("a sandbox runs from an image of a registry, also when that has gone", {
  timeout: 240_000,
  skip: registrySkipReason(),
}, async (t) => {
  const registry = await startRegistry();
  t.after(() => registry.stop());
  await registry.push(base, "base", "team/busybox:1");
  await registry.push(base, "base", "team/busybox:2");
  // A pull on loopback may be over before anybody has heard of it.
  const line = await slowLine(registry.host, { bytes: 16 << 10, pauseMs: 10 });
  t.after(() => line.stop());
  const config = (tag: number) => `[vm]
image = { name = "${line.host}/team/busybox:${tag}", resolution = "registry", insecure = true }
cpus = 1
memory = "512 MB"
[disk]
size = "256 MB"
`;
  const world = cliWorld({ "airlock.toml": config(1) });
  t.after(() => world.dispose());
  const first = await world.run([
    "start",
    "--yes",
    "--",
    "sh",
    "-c",
    "echo booted; ls /bin/busybox",
  ]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stdout, "booted\n/bin/busybox\n");
  assert.match(first.stderr, /^pulling 127\.0\.0\.1:\d+\/team\/busybox:1…$/m);
  // Another name for the same image is no change, and the name is remembered.
  world.write("airlock.toml", config(2));
  assert.equal((await world.run(["start", "--", "true"])).code, 0);
  await registry.stop();
  const offline = await world.run(["start", "--json", "--", "true"]);
  assert.equal(offline.code, 0, offline.stderr);
  const events = offline.stdout.trim().split("\n");
  const notices = events.map((line) => startEventSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    notices.filter(({ event }) => event === "notice"),
    [],
  );
  // Another image is asked about; without a terminal, the options answer.
  world.write("airlock.toml", config(2).replace(/image = .*/, 'image = "embedded:base"'));
  assert.equal((await world.run(["start", "--", "true"])).code, 0, "it is the same image");
});
